// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/staged_blocks.h"

#include <algorithm>
#include <unordered_map>

#include "base/random.h"
#include "format/block_id.h"
#include "transfer/internal/file_parts.h"

namespace aloft::transfer {

Result<StagedBlocks> StagedBlocks::find(Session& session, ObjectTree& tree, const std::string& key,
                                        std::uint64_t size_bytes, std::uint64_t part_size_bytes,
                                        std::shared_ptr<Journal::Claim> claim) {
  const std::uint64_t count = parts_in(size_bytes, part_size_bytes);
  if (!claim || claim->token().empty()) {
    const std::string writer_id = format::new_writer_id(system_random());
    if (claim) session.note(claim->begin(writer_id));
    return StagedBlocks(writer_id, count, std::move(claim));
  }
  std::string writer_id = claim->token();
  StagedBlocks blocks(std::move(writer_id), count, std::move(claim));
  const auto present = tree.store().block_list(key, session.limits);
  if (!present && present.error().code != ErrorCode::not_found) return fail(present.error());
  if (present) {
    blocks.mark(present->committed, There::committed, size_bytes, part_size_bytes);
    blocks.mark(present->uncommitted, There::staged, size_bytes, part_size_bytes);
  }
  return blocks;
}

void StagedBlocks::mark(const std::vector<BlockInfo>& blocks, There where, std::uint64_t size_bytes,
                        std::uint64_t part_size_bytes) {
  std::unordered_map<std::string_view, std::uint64_t> sizes;
  for (const BlockInfo& block : blocks) sizes.emplace(block.id, block.size_bytes);
  for (std::uint64_t index = 0; index < there_.size(); ++index) {
    const auto found = sizes.find(id(index));
    const std::uint64_t offset = index * part_size_bytes;
    if (found != sizes.end() && found->second == std::min(part_size_bytes, size_bytes - offset)) {
      there_[index] = where;
    }
  }
}

BlockId StagedBlocks::id(std::uint64_t index) const {
  return format::block_id(writer_id_, static_cast<std::uint32_t>(index));
}

Result<bool> StagedBlocks::discard_foreign(Session& session, ObjectTree& tree,
                                           const std::string& key) const {
  ObjectStore& store = tree.store();
  const BlockList there = TRY(store.block_list(key, session.limits));
  const auto is_foreign = [&](const BlockInfo& block) { return block.id.size() != id(0).size(); };
  if (!there.committed.empty() || !std::ranges::any_of(there.uncommitted, is_foreign)) return false;
  // An empty commit discards them all; what it makes is gone at once.
  const PutResult made = TRY(store.commit_blocks(
      {.key = key, .blocks = {}, .metadata = {}, .conditions = {.if_none_match = "*"}},
      session.limits));
  TRY(store.remove(key, {.if_match = made.etag}, session.limits));
  return true;
}

std::vector<BlockRef> StagedBlocks::list() const {
  std::vector<BlockRef> blocks;
  blocks.reserve(there_.size());
  for (std::uint64_t index = 0; index < there_.size(); ++index) {
    const bool committed = there_[index] == There::committed;
    blocks.push_back(
        {.id = id(index), .from = committed ? BlockRef::From::committed : BlockRef::From::staged});
  }
  return blocks;
}

void StagedBlocks::forget(Session& session) {
  if (!claim_) return;
  session.note(claim_->forget());
  claim_.reset();
}

}  // namespace aloft::transfer
