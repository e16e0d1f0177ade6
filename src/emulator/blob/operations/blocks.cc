// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "emulator/blob/conditions.h"
#include "emulator/blob/names.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/receive.h"
#include "emulator/blob/operations/select.h"
#include "emulator/blob/operations/source.h"
#include "emulator/blob/range.h"
#include "emulator/blob/tier.h"
#include "emulator/blob/xml.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::uint64_t kBlockBytesMax = std::uint64_t{4000} << 20;
constexpr std::uint64_t kBlockListBytesMax = std::uint64_t{16} << 20;

Outcome<std::string> block_id(const Call& call) {
  const auto text = call.query().find("blockid");
  if (!text) return refuse_parameter(Refusal::missing_required_query_parameter, "blockid", {});
  return parse_block_id(*text);
}

/// The blocks that the list names, from what is staged and what the blob has now.
Outcome<std::vector<Block>> resolve(const std::vector<BlockListEntry>& entries,
                                    const StagedBlocks& staged, const Blob* current) {
  std::map<std::string_view, const Block*> committed;
  if (current != nullptr) {
    for (const Block& block : current->block_list()) {
      if (!block.id.empty()) committed.emplace(block.id, &block);
    }
  }
  std::vector<Block> blocks;
  blocks.reserve(entries.size());
  for (const BlockListEntry& entry : entries) {
    const Block* found = nullptr;
    if (entry.from != BlockListEntry::From::committed) {
      const auto at = staged.blocks.find(entry.id);
      if (at != staged.blocks.end()) found = &at->second;
    }
    if (found == nullptr && entry.from != BlockListEntry::From::uncommitted) {
      const auto at = committed.find(entry.id);
      if (at != committed.end()) found = at->second;
    }
    if (found == nullptr) {
      return refuse(Refusal::invalid_block_list,
                    "there is no such block: " + base64_encode(entry.id));
    }
    if (entry.id.size() != entries.front().id.size()) {
      return refuse(Refusal::invalid_block_list, "all block ids of a blob have the same length");
    }
    blocks.push_back(*found);
  }
  return blocks;
}

Outcome<void> check_is_block_blob(const Blob* current) {
  if (current != nullptr && current->is_directory) return refuse(Refusal::path_conflict);
  if (current == nullptr || current->type == BlobType::block) return {};
  return refuse(Refusal::invalid_blob_type);
}

/// Blocks are for the holder of the blob's lease to stage; no other condition counts for them.
Outcome<void> check_stage(const Call& call) {
  const auto lease_id = TRY(parse_lease_id(call.headers(), "x-ms-lease-id"));
  const BlobLookup found =
      call.repository.index().find_blob(call.target.container, call.target.blob);
  if (!found.container) return refuse(Refusal::container_not_found);
  TRY(check_is_block_blob(found.blob.get()));
  if (found.blob) TRY(check_not_archived(*found.blob, call.repository.now()));
  return check_holder(found.blob ? found.blob->lease : std::nullopt, lease_id, Leased::blob,
                      call.repository.now());
}

/// The staged blocks are the present blob's alone.
Outcome<StagedBlocks> staged_of(const Call& call) {
  if (TRY(parse_selector(call.query())).is_set()) return StagedBlocks{};
  return call.repository.index().staged(call.target.container, call.target.blob);
}

void write_blocks(XmlWriter& xml, std::string_view name, const auto& blocks) {
  xml.open(name);
  for (const Block* block : blocks) {
    xml.open("Block");
    xml.element("Name", base64_encode(block->id));
    xml.element("Size", std::to_string(block->size_bytes));
    xml.close("Block");
  }
  xml.close(name);
}

}  // namespace

Answer put_block(Call& call) {
  std::string id = TRY(block_id(call));
  if (call.request.body.length_bytes() == 0) {
    return refuse_header(Refusal::invalid_header_value, "Content-Length", "0");
  }
  TRY(check_stage(call));
  const Received received = TRY(receive_body(call, kBlockBytesMax, Checksum::as_sent));
  TRY(call.repository.stage_block(call.target.container, call.target.blob,
                                  block_of(std::move(id), received.content)));
  http::Response response{.status = 201};
  add_checksum_fields(response.headers, received);
  response.headers.add("x-ms-request-server-encrypted", "true");
  return response;
}

Answer put_block_from_url(Call& call) {
  std::string id = TRY(block_id(call));
  TRY(check_no_body(call.request.body));
  TRY(check_stage(call));
  const auto source = TRY(find_source(call, SourceTrust::source_only));
  const Range range = TRY(source_range(call.headers(), source.blob->size_bytes));
  if (range.length_bytes == 0 || range.length_bytes > kBlockBytesMax) {
    return refuse_header(Refusal::invalid_header_value, "x-ms-source-range",
                         call.headers().get("x-ms-source-range"));
  }
  http::Response response{.status = 201};
  Block block{.id = std::move(id),
              .slices = source.blob->slices(range.offset, range.length_bytes),
              .size_bytes = range.length_bytes};
  TRY(check_source_checksums(call, block.slices, response.headers));
  TRY(call.repository.stage_block(call.target.container, call.target.blob, std::move(block)));
  response.headers.add("x-ms-request-server-encrypted", "true");
  return response;
}

Answer put_block_list(Call& call) {
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  ContentProperties properties = TRY(parse_properties(call.headers(), StandardFields::ignored));
  Metadata metadata = TRY(parse_metadata(call.headers()));
  std::string access_tier = TRY(parse_access_tier(call.headers()));
  Tags tags = TRY(parse_write_tags(call));
  const std::string document = TRY(receive_text(call, kBlockListBytesMax));
  const std::vector<BlockListEntry> entries = TRY(parse_block_list(document));
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    TRY(check_write_of_content(conditions, resource_of(current)));
    TRY(check_is_block_blob(current));
    TRY(check_may_overwrite(call, current));
    const StagedBlocks staged =
        call.repository.index().staged(call.target.container, call.target.blob);
    std::vector<Block> blocks = TRY(resolve(entries, staged, current));
    Blob written{.created_at = current != nullptr ? current->created_at : call.repository.now(),
                 .properties = std::move(properties),
                 .metadata = std::move(metadata),
                 .access_tier = std::move(access_tier),
                 .tags = std::move(tags)};
    for (const Block& block : blocks) written.size_bytes += block.size_bytes;
    written.blocks = std::make_shared<BlockList>(std::move(blocks));
    return written;
  };
  const auto blob = TRY(call.repository.write_blob(call.target.container, call.target.blob,
                                                   Repository::Write::content, edit,
                                                   {.creator = call.authority.who}));
  http::Response response = response_for_write(201, *blob);
  add_version_field(response.headers, *blob);
  return response;
}

Answer get_block_list(Call& call) {
  const std::string_view type = call.query().find("blocklisttype").value_or("committed");
  const bool all = type == "all";
  if (!all && type != "committed" && type != "uncommitted") {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "blocklisttype", type);
  }
  const auto lease_id = TRY(parse_lease_id(call.headers(), "x-ms-lease-id"));
  const StagedBlocks staged = TRY(staged_of(call));
  auto selected = find_selected(call.repository, call.target);
  if (!selected && (selected.error().code != "BlobNotFound" || staged.blocks.empty())) {
    return refuse(selected.error());
  }
  const auto blob = selected ? selected->blob : nullptr;
  TRY(check_is_block_blob(blob.get()));
  TRY(check_given(blob ? blob->lease : std::nullopt, lease_id, Leased::blob,
                  call.repository.now()));

  http::Response response;
  if (blob) response = response_for(200, *blob);
  response.headers.add("Content-Type", "application/xml");
  response.headers.add("x-ms-blob-content-length", std::to_string(blob ? blob->size_bytes : 0));
  XmlWriter xml;
  xml.open("BlockList");
  if (all || type == "committed") {
    std::vector<const Block*> committed;
    if (blob) {
      for (const Block& block : blob->block_list()) {
        if (!block.id.empty()) committed.push_back(&block);
      }
    }
    write_blocks(xml, "CommittedBlocks", committed);
  }
  if (all || type == "uncommitted") {
    std::vector<const Block*> uncommitted;
    for (const auto& [id, block] : staged.blocks) uncommitted.push_back(&block);
    write_blocks(xml, "UncommittedBlocks", uncommitted);
  }
  xml.close("BlockList");
  response.set_body(xml.take());
  return response;
}

}  // namespace aloft::emulator::blob
