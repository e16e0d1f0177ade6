// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>

#include "emulator/blob/conditions.h"
#include "emulator/blob/names.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/receive.h"
#include "emulator/blob/operations/select.h"
#include "emulator/blob/tier.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::uint64_t kPutBlobBytesMax = std::uint64_t{5000} << 20;

Outcome<BlobType> parse_blob_type(const http::Headers& headers) {
  const auto type = headers.find("x-ms-blob-type");
  if (!type) return refuse_header(Refusal::missing_required_header, "x-ms-blob-type", {});
  for (const BlobType one : {BlobType::block, BlobType::append, BlobType::page}) {
    if (*type == type_name(one)) return one;
  }
  return refuse_header(Refusal::invalid_header_value, "x-ms-blob-type", *type);
}

/// Replaces what a blob says about itself, not its content.
Answer change_blob(Call& call, Repository::Write write, const std::function<void(Blob&)>& change) {
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    if (current == nullptr) return refuse(Refusal::blob_not_found);
    TRY(check_write(conditions, resource_of(current)));
    TRY(check_not_archived(*current, call.repository.now()));
    Blob changed = *current;
    change(changed);
    return changed;
  };
  const auto blob =
      TRY(call.repository.write_blob(call.target.container, call.target.blob, write, edit));
  http::Response response = response_for(200, *blob);
  if (write == Repository::Write::metadata) add_version_field(response.headers, *blob);
  return response;
}

}  // namespace

namespace {

/// A stub may take the place of a directory alone that has nothing in it.
Outcome<void> check_stub(const Call& call, const Blob* current, const Blob& written) {
  if (current == nullptr || !current->is_directory || !written.is_directory) return {};
  if (!call.repository.index().has_children(call.target.container, call.target.blob)) return {};
  return refuse(Refusal::directory_is_not_empty);
}

/// Puts what `written` has in the target's place; a SAS that only creates does not overwrite.
Answer put(Call& call, Blob written, http::Headers checksums) {
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    TRY(check_write_of_content(conditions, resource_of(current)));
    TRY(check_may_overwrite(call, current));
    TRY(check_stub(call, current, written));
    return std::move(written);
  };
  const auto blob = TRY(call.repository.write_blob(call.target.container, call.target.blob,
                                                   Repository::Write::content, edit,
                                                   {.creator = call.authority.who}));
  http::Response response = response_for_write(201, *blob);
  for (const auto& [name, value] : checksums) response.headers.add(name, value);
  add_version_field(response.headers, *blob);
  return response;
}

/// How programs that know the Blob API alone make directories in a hierarchical namespace.
bool is_directory_stub(const Call& call, const Blob& blob) {
  return call.repository.settings().hierarchical_namespace && blob.size_bytes == 0 &&
         std::ranges::any_of(blob.metadata, [](const auto& pair) {
           return http::equal_ignoring_case(pair.first, "hdi_isfolder") &&
                  http::equal_ignoring_case(pair.second, "true");
         });
}

/// Append and page blobs begin without content.
Answer put_empty_blob(Call& call, BlobType type) {
  TRY(check_no_body(call.request.body));
  if (call.headers().contains("x-ms-access-tier")) {
    return refuse_header(Refusal::invalid_header_value, "x-ms-access-tier",
                         call.headers().get("x-ms-access-tier"));
  }
  Blob blob{.type = type, .created_at = call.repository.now()};
  blob.properties = TRY(parse_properties(call.headers(), StandardFields::counted));
  blob.metadata = TRY(parse_metadata(call.headers()));
  blob.tags = TRY(parse_write_tags(call));
  if (type == BlobType::page) {
    const auto size = TRY(parse_page_blob_size(call.headers()));
    if (!size) {
      return refuse_header(Refusal::missing_required_header, "x-ms-blob-content-length", {});
    }
    blob.size_bytes = *size;
    blob.sequence_number = TRY(parse_sequence_number(call.headers())).value_or(0);
  }
  return put(call, std::move(blob), {});
}

}  // namespace

Answer put_blob(Call& call) {
  const BlobType type = TRY(parse_blob_type(call.headers()));
  if (type != BlobType::block) return put_empty_blob(call, type);
  TRY(parse_conditions(call.headers(), call.repository.now()));
  Blob blob{.created_at = call.repository.now()};
  blob.properties = TRY(parse_properties(call.headers(), StandardFields::counted));
  blob.metadata = TRY(parse_metadata(call.headers()));
  blob.access_tier = TRY(parse_access_tier(call.headers()));
  blob.tags = TRY(parse_write_tags(call));
  TRY(call.repository.find_container(call.target.container));
  const Received received = TRY(receive_body(call, kPutBlobBytesMax, Checksum::md5_always));
  const std::string md5 = base64_encode(received.md5);
  if (!blob.properties.content_md5.empty() && blob.properties.content_md5 != md5) {
    return refuse_header(Refusal::md5_mismatch, "x-ms-blob-content-md5",
                         blob.properties.content_md5);
  }
  blob.properties.content_md5 = md5;
  blob.blocks = std::make_shared<BlockList>(BlockList{block_of({}, received.content)});
  blob.size_bytes = received.content->size_bytes();
  blob.is_directory = is_directory_stub(call, blob);
  http::Headers checksums;
  add_checksum_fields(checksums, received);
  return put(call, std::move(blob), std::move(checksums));
}

Answer set_blob_metadata(Call& call) {
  Metadata metadata = TRY(parse_metadata(call.headers()));
  return change_blob(call, Repository::Write::metadata,
                     [&](Blob& blob) { blob.metadata = std::move(metadata); });
}

Answer set_blob_properties(Call& call) {
  constexpr std::string_view kOfContent[] = {
      "x-ms-blob-cache-control",    "x-ms-blob-content-type",     "x-ms-blob-content-md5",
      "x-ms-blob-content-encoding", "x-ms-blob-content-language", "x-ms-blob-content-disposition"};
  constexpr std::string_view kOfPages[] = {
      "x-ms-blob-content-length", "x-ms-sequence-number-action", "x-ms-blob-sequence-number"};
  const auto is_given = [&](std::string_view name) { return call.headers().contains(name); };
  ContentProperties properties = TRY(parse_properties(call.headers(), StandardFields::ignored));
  if (std::ranges::any_of(kOfPages, is_given)) {
    const bool both = std::ranges::any_of(kOfContent, is_given);
    return set_page_blob_properties(call, both ? &properties : nullptr);
  }
  return change_blob(call, Repository::Write::properties, [&](Blob& blob) {
    blob.properties = std::move(properties);
    blob.copy.reset();
  });
}

}  // namespace aloft::emulator::blob
