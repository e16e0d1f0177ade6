// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "emulator/blob/conditions.h"
#include "emulator/blob/names.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/receive.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::uint64_t kPutBlobBytesMax = std::uint64_t{5000} << 20;

Outcome<void> check_blob_type(const http::Headers& headers) {
  const auto type = headers.find("x-ms-blob-type");
  if (!type) return refuse_header(Refusal::missing_required_header, "x-ms-blob-type", {});
  if (*type == "BlockBlob") return {};
  if (*type == "AppendBlob" || *type == "PageBlob") {
    return refuse(Refusal::api_not_implemented, "the emulator has block blobs only");
  }
  return refuse_header(Refusal::invalid_header_value, "x-ms-blob-type", *type);
}

/// Replaces what a blob says about itself, not its content.
Answer change_blob(Call& call, Repository::Write write, const std::function<void(Blob&)>& change) {
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    if (current == nullptr) return refuse(Refusal::blob_not_found);
    TRY(check_write(conditions, resource_of(current)));
    Blob changed = *current;
    change(changed);
    return changed;
  };
  const auto blob =
      TRY(call.repository.write_blob(call.target.container, call.target.blob, write, edit));
  return response_for(200, *blob);
}

}  // namespace

Answer put_blob(Call& call) {
  TRY(check_blob_type(call.headers()));
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  ContentProperties properties = TRY(parse_properties(call.headers(), StandardFields::counted));
  Metadata metadata = TRY(parse_metadata(call.headers()));
  std::string access_tier = TRY(parse_access_tier(call.headers()));
  TRY(call.repository.find_container(call.target.container));
  const Received received = TRY(receive_body(call, kPutBlobBytesMax, Checksum::md5_always));
  const std::string md5 = base64_encode(received.md5);
  if (!properties.content_md5.empty() && properties.content_md5 != md5) {
    return refuse_header(Refusal::md5_mismatch, "x-ms-blob-content-md5", properties.content_md5);
  }
  properties.content_md5 = md5;
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    TRY(check_write(conditions, resource_of(current)));
    if (current != nullptr && !call.authority.may('w')) {
      return refuse(Refusal::authorization_permission_mismatch,
                    "to overwrite a blob takes permission w");
    }
    Blob written{.created_at = call.repository.now(),
                 .properties = std::move(properties),
                 .metadata = std::move(metadata),
                 .access_tier = std::move(access_tier)};
    written.blocks = std::make_shared<BlockList>(BlockList{block_of({}, received.content)});
    written.size_bytes = received.content->size_bytes();
    return written;
  };
  const auto blob = TRY(call.repository.write_blob(call.target.container, call.target.blob,
                                                   Repository::Write::content, edit));
  http::Response response = response_for_write(201, *blob);
  add_checksum_fields(response.headers, received);
  return response;
}

Answer delete_blob(Call& call) {
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  const auto snapshots = call.headers().find("x-ms-delete-snapshots");
  if (snapshots && *snapshots == "only") {
    return refuse(Refusal::api_not_implemented, "the emulator has no snapshots");
  }
  if (snapshots && *snapshots != "include") {
    return refuse_header(Refusal::invalid_header_value, "x-ms-delete-snapshots", *snapshots);
  }
  TRY(call.repository.drop_blob(
      call.target.container, call.target.blob,
      snapshots ? Repository::WithSnapshots::include : Repository::WithSnapshots::no,
      [&](const Blob& current) { return check_write(conditions, resource_of(&current)); }));
  http::Response response{.status = 202};
  response.headers.add("x-ms-delete-type-permanent", "true");
  return response;
}

Answer set_blob_metadata(Call& call) {
  Metadata metadata = TRY(parse_metadata(call.headers()));
  return change_blob(call, Repository::Write::metadata,
                     [&](Blob& blob) { blob.metadata = std::move(metadata); });
}

Answer set_blob_properties(Call& call) {
  if (call.headers().contains("x-ms-blob-content-length") ||
      call.headers().contains("x-ms-sequence-number-action")) {
    return refuse(Refusal::invalid_input, "only page blobs have a length or number to set");
  }
  ContentProperties properties = TRY(parse_properties(call.headers(), StandardFields::ignored));
  return change_blob(call, Repository::Write::properties,
                     [&](Blob& blob) { blob.properties = std::move(properties); });
}

}  // namespace aloft::emulator::blob
