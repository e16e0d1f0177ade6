// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "emulator/blob/conditions.h"
#include "emulator/blob/names.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/blob/operations/select.h"
#include "emulator/blob/operations/source.h"
#include "emulator/blob/pending_copies.h"
#include "emulator/blob/tier.h"
#include "emulator/wire/copy_pending.h"
#include "emulator/wire/digest.h"
#include "emulator/wire/uuid.h"

// Copies share the immutable contents of their source, so they are complete at once, whatever
// their size, unless a fault asks for time. Azure may answer "pending" for large ones.
namespace aloft::emulator::blob {

namespace {

constexpr std::uint64_t kCopyFromUrlBytesMax = std::uint64_t{256} << 20;
constexpr std::uint64_t kPendingMaxMs = 24 * 3'600'000;
constexpr std::uint64_t kPutFromUrlBytesMax = std::uint64_t{5000} << 20;

bool is_true(const http::Headers& headers, std::string_view name) {
  return http::equal_ignoring_case(headers.get(name), "true");
}

/// Of the ways that send everything in one answer.
Outcome<void> check_synchronous(const Blob& source, std::uint64_t size_bytes_max) {
  if (source.type != BlobType::block) return refuse(Refusal::invalid_blob_type);
  if (source.size_bytes <= size_bytes_max) return {};
  ServiceError error = make_error(Refusal::request_body_too_large, "the source is too large");
  error.details.emplace_back("MaxLimit", std::to_string(size_bytes_max));
  return refuse(std::move(error));
}

/// What the source becomes in its new place; not what it was before, and not sealed unless asked.
Blob copy_of(const Blob& source, const Call& call) {
  Blob copied = source;
  copied.created_at = call.repository.now();
  copied.snapshot = 0;
  copied.is_sealed = source.type == BlobType::append && is_true(call.headers(), "x-ms-seal-blob");
  copied.copy.reset();
  copied.tags.clear();
  copied.tier_changed_at.reset();
  copied.rehydration.reset();
  copied.access.reset();
  copied.is_appendable = false;
  return copied;
}

Outcome<std::string> md5_of(const Blob& blob) {
  Md5 md5;
  SliceReader reader(blob.slices(0, blob.size_bytes));
  std::vector<std::byte> part(std::size_t{1} << 20);
  for (;;) {
    const std::size_t got = TRY(as_outcome(reader.read(part)));
    if (got == 0) return base64_encode(md5.finish());
    md5.add(std::span(part).first(got));
  }
}

/// Of an archived source, the copy is on its way to the online tier that it is to have; in the
/// archive, or without a tier of its own, there is none.
Outcome<void> set_tier(Blob& copied, const Blob& source, const std::string& tier, bool is_high,
                       Seconds now) {
  copied.access_tier = tier;
  if (tier_of(source, now) != "Archive") return {};
  if (tier.empty() || tier == "Archive") return refuse(Refusal::blob_archived);
  copied.access_tier = "Archive";
  copied.rehydration = rehydration_to(tier, is_high, now);
  return {};
}

/// Writes `copied` over the target.
Outcome<std::shared_ptr<const Blob>> write_copy(Call& call, Blob copied) {
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    TRY(check_write_of_content(conditions, resource_of(current)));
    TRY(check_may_overwrite(call, current));
    if (current != nullptr && current->type != copied.type) {
      return refuse(Refusal::invalid_blob_type);
    }
    return std::move(copied);
  };
  return call.repository.write_blob(call.target.container, call.target.blob,
                                    Repository::Write::content, edit,
                                    {.creator = call.authority.who});
}

/// The blob has no content until the copy is complete; one of pages has its size from the start.
Blob without_content(Blob blob) {
  blob.blocks.reset();
  blob.extents = {};
  blob.append_count = 0;
  blob.is_sealed = false;
  blob.rehydration.reset();
  blob.properties.content_md5.clear();
  if (blob.type != BlobType::page) blob.size_bytes = 0;
  return blob;
}

/// Writes `whole` over the target, which it becomes after this time.
Outcome<std::shared_ptr<const Blob>> begin_copy(Call& call, Blob whole,
                                                std::chrono::milliseconds pending) {
  whole.copy->status = CopyState::Status::pending;
  whole.copy->completed_at += std::chrono::ceil<std::chrono::seconds>(pending);
  auto begun = TRY(write_copy(call, without_content(whole)));
  call.repository.pending_copies().add({.container = call.target.container,
                                        .blob = call.target.blob,
                                        .whole = std::move(whole),
                                        .due = call.repository.clock().now() + pending});
  return begun;
}

/// Put Blob From URL: the content is the source's, the rest is given or a new blob's.
Answer put_blob_from_url(Call& call) {
  if (call.headers().get("x-ms-blob-type") != type_name(BlobType::block)) {
    return refuse_header(Refusal::invalid_header_value, "x-ms-blob-type",
                         call.headers().get("x-ms-blob-type"));
  }
  TRY(check_no_body(call.request.body));
  ContentProperties own = TRY(parse_properties(call.headers(), StandardFields::ignored));
  const auto md5_given = own.content_md5;
  Metadata metadata = TRY(parse_metadata(call.headers()));
  std::string access_tier = TRY(parse_access_tier(call.headers()));
  Tags tags = TRY(parse_write_tags(call));
  const Source source = TRY(find_source(call, SourceTrust::source_only));
  TRY(check_synchronous(*source.blob, kPutFromUrlBytesMax));
  http::Headers checksums;
  TRY(check_source_checksums(call, source.blob->slices(0, source.blob->size_bytes), checksums));
  Blob copied = copy_of(*source.blob, call);
  const auto keeps = call.headers().find("x-ms-copy-source-blob-properties");
  if (keeps && !http::equal_ignoring_case(*keeps, "true")) copied.properties = std::move(own);
  copied.properties.content_md5 = md5_given.empty() ? TRY(md5_of(copied)) : md5_given;
  copied.metadata = std::move(metadata);
  copied.access_tier = std::move(access_tier);
  copied.tags = std::move(tags);
  const auto blob = TRY(write_copy(call, std::move(copied)));
  http::Response response = response_for_write(201, *blob);
  for (const auto& [name, value] : checksums) response.headers.add(name, value);
  if (!response.headers.contains("Content-MD5")) {
    response.headers.add("Content-MD5", blob->properties.content_md5);
  }
  add_version_field(response.headers, *blob);
  return response;
}

}  // namespace

Answer copy_blob(Call& call) {
  if (call.headers().contains("x-ms-blob-type")) return put_blob_from_url(call);
  TRY(check_no_body(call.request.body));
  Metadata metadata = TRY(parse_metadata(call.headers()));
  std::string access_tier = TRY(parse_access_tier(call.headers()));
  Tags tags = TRY(parse_write_tags(call));
  const bool is_high = TRY(parse_is_high_priority(call.headers()));
  const bool synchronous = is_true(call.headers(), "x-ms-requires-sync");
  // Copy Blob From URL treats its source as if it were anybody's.
  const Source source = TRY(synchronous ? find_source(call, SourceTrust::source_only)
                                        : find_source_of_any_tier(call, SourceTrust::request_too));
  if (synchronous) TRY(check_synchronous(*source.blob, kCopyFromUrlBytesMax));
  Blob copied = copy_of(*source.blob, call);
  if (!metadata.empty()) copied.metadata = std::move(metadata);
  TRY(set_tier(copied, *source.blob, access_tier, is_high, call.repository.now()));
  copied.tags = std::move(tags);
  copied.copy = CopyState{.id = make_uuid(),
                          .source = source.url,
                          .begun_at = call.repository.now(),
                          .completed_at = call.repository.now(),
                          .size_bytes = copied.size_bytes};
  const auto pending_ms = TRY(parse_number(call.headers(), kCopyPendingField));
  const bool takes_time = pending_ms && !synchronous;
  const auto blob =
      TRY(takes_time ? begin_copy(call, copied,
                                  std::chrono::milliseconds(std::min(*pending_ms, kPendingMaxMs)))
                     : write_copy(call, std::move(copied)));
  http::Response response = response_for(202, *blob);
  response.headers.add("x-ms-copy-id", blob->copy->id);
  response.headers.add("x-ms-copy-status", name_of(blob->copy->status));
  if (synchronous && !blob->properties.content_md5.empty()) {
    response.headers.add("Content-MD5", blob->properties.content_md5);
  }
  add_version_field(response.headers, *blob);
  return response;
}

Answer abort_copy(Call& call) {
  constexpr std::string_view kAction = "x-ms-copy-action";
  if (call.headers().get(kAction) != "abort") {
    return refuse_header(Refusal::invalid_header_value, kAction, call.headers().get(kAction));
  }
  const auto id = call.query().find("copyid");
  if (!id) return refuse_parameter(Refusal::missing_required_query_parameter, "copyid", {});
  const auto lease_id = TRY(parse_lease_id(call.headers(), "x-ms-lease-id"));
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    if (current == nullptr) return refuse(Refusal::blob_not_found);
    if (current->copy && current->copy->id != *id) return refuse(Refusal::copy_id_mismatch);
    if (!is_copy_pending(*current)) return refuse(Refusal::no_pending_copy_operation);
    TRY(check_holder(current->lease, lease_id, Leased::blob, call.repository.now()));
    Blob aborted = *current;
    aborted.copy->status = CopyState::Status::aborted;
    aborted.copy->completed_at = call.repository.now();
    return aborted;
  };
  TRY(call.repository.write_blob(call.target.container, call.target.blob,
                                 Repository::Write::end_of_copy, edit));
  call.repository.pending_copies().forget(std::string(*id));
  return http::Response{.status = 204};
}

}  // namespace aloft::emulator::blob
