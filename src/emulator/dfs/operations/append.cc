// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <limits>

#include "emulator/blob/conditions.h"
#include "emulator/blob/operations/receive.h"
#include "emulator/dfs/operations/operations.h"

// Appended data is staged as blocks whose ids are its positions, in any order and by many at once;
// a flush makes those that continue the file a part of it.
namespace aloft::emulator::dfs {

namespace {

constexpr std::uint64_t kAppendBytesMax = std::uint64_t{4000} << 20;
constexpr std::uint64_t kPositionMax = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kStagedPrefix = "position:";

/// Of one length, and in the order of the positions.
std::string staged_id(std::uint64_t position) {
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(position));
  return std::string(kStagedPrefix) + digits;
}

std::optional<std::uint64_t> position_of(std::string_view id) {
  if (!id.starts_with(kStagedPrefix)) return std::nullopt;
  return std::strtoull(std::string(id.substr(kStagedPrefix.size())).c_str(), nullptr, 16);
}

Outcome<std::uint64_t> parse_position(const Query& query) {
  const auto position = TRY(parse_count(query, "position"));
  if (position) return *position;
  return refuse_parameter(Refusal::missing_required_query_parameter, "position", {});
}

Outcome<void> check_appendable(const blob::Blob& path) {
  if (path.is_directory) return refuse(Refusal::resource_type_mismatch);
  if (!path.is_appendable) return refuse(Refusal::invalid_flush_operation);
  return {};
}

/// The blocks that lead from the end of the file to `end`, without gaps. What was staged for
/// positions before the end of the file has been overtaken by another flush.
Outcome<std::vector<blob::Block>> blocks_up_to(std::uint64_t end, const blob::Blob& path,
                                               const blob::StagedBlocks& staged) {
  std::vector<blob::Block> blocks;
  std::uint64_t reached = path.size_bytes;
  for (const auto& [id, block] : staged.blocks) {
    const auto position = position_of(id);
    if (!position || *position < reached) continue;
    if (*position != reached || reached >= end) break;
    blocks.push_back(block);
    blocks.back().id.clear();  // Get Block List does not show what was appended.
    reached += block.size_bytes;
  }
  if (reached != end) return refuse(Refusal::invalid_flush_position);
  return blocks;
}

Outcome<std::shared_ptr<const blob::Blob>> flush_to(const Call& call, std::uint64_t end) {
  const blob::Conditions conditions =
      TRY(blob::parse_conditions(call.headers(), call.repository.now()));
  const bool keeps_rest = TRY(parse_flag(call.query(), "retainuncommitteddata"));
  const auto edit = [&](const blob::Blob* current) -> Outcome<blob::Blob> {
    if (current == nullptr) return refuse(Refusal::blob_not_found);
    TRY(blob::check_write(conditions, blob::resource_of(current)));
    TRY(check_appendable(*current));
    auto added = TRY(blocks_up_to(
        end, *current, call.repository.index().staged(call.target.container, call.target.blob)));
    blob::Blob grown = *current;
    auto blocks = std::make_shared<blob::BlockList>(current->block_list().begin(),
                                                    current->block_list().end());
    for (blob::Block& block : added) blocks->push_back(std::move(block));
    grown.blocks = std::move(blocks);
    grown.size_bytes = end;
    if (!added.empty()) grown.properties.content_md5.clear();
    TRY(apply_content_fields(call.headers(), grown.properties));
    return grown;
  };
  return call.repository.write_blob(
      call.target.container, call.target.blob,
      keeps_rest ? blob::Repository::Write::growth : blob::Repository::Write::content, edit);
}

}  // namespace

Answer append_data(Call& call) {
  TRY(refuse_fields(call.headers(), {"x-ms-lease-action", "x-ms-encryption-key"}));
  const std::uint64_t position = TRY(parse_position(call.query()));
  const bool flushes = TRY(parse_flag(call.query(), "flush"));
  const auto lease_id = TRY(blob::parse_lease_id(call.headers(), "x-ms-lease-id"));
  const auto path = TRY(call.repository.find_blob(call.target.container, call.target.blob));
  TRY(check_appendable(*path));
  TRY(blob::check_holder(path->lease, lease_id, blob::Leased::blob, call.repository.now()));
  const std::uint64_t length_bytes = TRY(blob::body_length(call.request.body, kAppendBytesMax));
  if (length_bytes == 0) {
    return refuse_header(Refusal::invalid_header_value, "Content-Length", "0");
  }
  if (position > kPositionMax - length_bytes) {
    return refuse_parameter(Refusal::out_of_range_query_parameter_value, "position",
                            call.query().get("position"));
  }
  if (position < path->size_bytes) {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "position",
                            call.query().get("position"));
  }
  const blob::Received received =
      TRY(blob::receive_body(call, kAppendBytesMax, blob::Checksum::as_sent));
  TRY(call.repository.stage_block(call.target.container, call.target.blob,
                                  blob::block_of(staged_id(position), received.content)));
  http::Response response;
  if (flushes) {
    const auto flushed = TRY(flush_to(call, position + received.content->size_bytes()));
    response = blob::response_for(202, *flushed);
  }
  response.status = 202;
  blob::add_checksum_fields(response.headers, received);
  response.headers.add("x-ms-request-server-encrypted", "true");
  return response;
}

Answer flush_data(Call& call) {
  TRY(refuse_fields(call.headers(), {"x-ms-lease-action", "x-ms-encryption-key"}));
  TRY(blob::check_no_body(call.request.body));
  const std::uint64_t end = TRY(parse_position(call.query()));
  const auto path = TRY(flush_to(call, end));
  return blob::response_for_write(200, *path);
}

}  // namespace aloft::emulator::dfs
