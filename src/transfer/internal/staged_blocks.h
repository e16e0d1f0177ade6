// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "transfer/internal/session.h"
#include "transfer/object_tree.h"

namespace aloft::transfer {

/// The blocks of one large file on its way into a container: their ids, and which of them an
/// earlier copy that was interrupted left there.
class StagedBlocks {
 public:
  /// `claim` may be null: then all blocks are new. Asks the service where an earlier copy is known.
  static Result<StagedBlocks> find(Session& session, ObjectTree& tree, const std::string& key,
                                   std::uint64_t size_bytes, std::uint64_t part_size_bytes,
                                   std::shared_ptr<Journal::Claim> claim);

  BlockId id(std::uint64_t index) const;
  bool is_there(std::uint64_t index) const { return there_[index] != There::no; }
  /// Blocks that another program staged there, with ids of another length, keep ours away for a
  /// week. Discards them where there is nothing else, as a commit of ours would; true if it did.
  Result<bool> discard_foreign(Session& session, ObjectTree& tree, const std::string& key) const;
  /// In the order of the file, for the commit.
  std::vector<BlockRef> list() const;
  /// They are committed.
  void complete(Session& session) { session.keep_completed(std::exchange(claim_, nullptr)); }
  /// They are of no use any more.
  void forget(Session& session);

 private:
  // An interrupted copy may have got as far as the commit, and no further.
  enum class There : std::uint8_t { no, staged, committed };
  StagedBlocks(std::string writer_id, std::uint64_t count, std::shared_ptr<Journal::Claim> claim)
      : writer_id_(std::move(writer_id)), there_(count, There::no), claim_(std::move(claim)) {}
  void mark(const std::vector<BlockInfo>& blocks, There where, std::uint64_t size_bytes,
            std::uint64_t part_size_bytes);

  std::string writer_id_;
  std::vector<There> there_;
  std::shared_ptr<Journal::Claim> claim_;
};

}  // namespace aloft::transfer
