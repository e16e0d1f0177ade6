// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "object/internal/memory_store.h"

namespace aloft::internal {
namespace {

constexpr std::size_t kBlockIdLengthMax = 64;

}  // namespace

Result<void> MemoryStore::stage(std::string_view key, std::string_view id,
                                MemoryBytes bytes) const {
  if (id.empty() || id.size() > kBlockIdLengthMax) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("a block of {} needs an id of 1 to 64 bytes", uri(key)));
  }
  auto containers = state_->containers.lock();
  MemoryContainer& container = *TRY(open(*containers));
  MemoryEntry& entry = container[std::string(key)];
  const auto other_length = [&](const BlockId& other) {
    return !other.empty() && other.size() != id.size();
  };
  bool mixed = !entry.staged.empty() && other_length(entry.staged.begin()->first);
  if (entry.committed != nullptr) {
    mixed = mixed || std::ranges::any_of(entry.committed->pieces, other_length, &MemoryPiece::id);
  }
  if (mixed) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("all block ids of {} must have the same length", uri(key)));
  }
  entry.staged.insert_or_assign(BlockId(id), std::move(bytes));
  return {};
}

Result<void> MemoryStore::stage_block(const StageRequest& request, const Limits& limits) {
  TRY(check_call(request.key, limits, "staging a block of"));
  if (request.content.empty()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("a block of {} must not be empty", uri(request.key)));
  }
  return stage(request.key, request.block_id, copy_of(request.content));
}

Result<void> MemoryStore::stage_block_from(const StageFromRequest& request, const Limits& limits) {
  TRY(check_call(request.key, limits, "staging a block of"));
  const Version version = TRY(source(request.source, request.source_if_match));
  std::vector<std::byte> bytes(std::min(request.range.length_bytes, version->info.size_bytes));
  const std::size_t filled = copy_range(*version, {request.range.offset, bytes.size()}, bytes);
  if (filled != request.range.length_bytes || filled == 0) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("the range for a block of {} is not within its source", uri(request.key)));
  }
  return stage(request.key, request.block_id, copy_of(bytes));
}

Result<std::vector<MemoryPiece>> MemoryStore::choose(const CommitRequest& request,
                                                     const MemoryEntry& entry) const {
  std::vector<MemoryPiece> pieces;
  pieces.reserve(request.blocks.size());
  std::map<std::string_view, MemoryBytes> present;
  if (entry.committed != nullptr) {
    for (const MemoryPiece& piece : entry.committed->pieces) present[piece.id] = piece.bytes;
  }
  for (const BlockRef& block : request.blocks) {
    const auto staged = entry.staged.find(block.id);
    const auto kept = present.find(block.id);
    const bool found =
        block.from == BlockRef::From::staged ? staged != entry.staged.end() : kept != present.end();
    if (!found || block.id.empty()) {
      return fail(
          ErrorCode::precondition_failed,
          fmt::format("a block of {} is gone: somebody else wrote it meanwhile", uri(request.key)));
    }
    pieces.push_back(
        {block.id, block.from == BlockRef::From::staged ? staged->second : kept->second});
  }
  return pieces;
}

Result<PutResult> MemoryStore::commit_blocks(const CommitRequest& request, const Limits& limits) {
  TRY(check_call(request.key, limits, "committing"));
  TRY(check_metadata(request.metadata));
  if (request.blocks.size() > kBlocksMax) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} cannot have more than {} blocks", uri(request.key), kBlocksMax));
  }
  auto containers = state_->containers.lock();
  const MemoryContainer& container = *TRY(open(*containers));
  const auto found = container.find(request.key);
  const MemoryEntry empty;
  const MemoryEntry& before = found == container.end() ? empty : found->second;
  TRY(check(request.conditions, before.committed.get(), request.key));
  std::vector<MemoryPiece> pieces = TRY(choose(request, before));
  return write_in(*containers, request.conditions,
                  {.info = {.key = std::string(request.key),
                            .properties = request.properties,
                            .metadata = request.metadata},
                   .pieces = std::move(pieces)});
}

Result<BlockList> MemoryStore::block_list(std::string_view key, const Limits& limits) {
  TRY(check_call(key, limits, "listing the blocks of"));
  auto containers = state_->containers.lock();
  const MemoryContainer& container = *TRY(open(*containers));
  const auto found = container.find(key);
  if (found == container.end()) return not_found(key);
  BlockList list;
  if (found->second.committed != nullptr) {
    for (const MemoryPiece& piece : found->second.committed->pieces) {
      if (!piece.id.empty()) list.committed.push_back({piece.id, piece.bytes->size()});
    }
  }
  for (const auto& [id, bytes] : found->second.staged) {
    list.uncommitted.push_back({id, bytes->size()});
  }
  return list;
}

}  // namespace aloft::internal
