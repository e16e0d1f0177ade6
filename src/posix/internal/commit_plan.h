// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "object/object_store.h"
#include "posix/internal/interval_set.h"

namespace aloft::posix {

/// A range of the new content that is staged already.
struct StagedExtent {
  Interval range;
  BlockId block_id;
};

/// A range of the new content and where its block comes from.
struct PlannedBlock {
  enum class Source {
    committed,  ///< The block `block_id` of the base, as it is.
    staged,     ///< The block `block_id`, staged before.
    base,       ///< To be staged from this range of the base.
    zeros,      ///< To be staged as zeros.
  };
  Interval range;
  Source source;
  BlockId block_id{};
};

struct CommitPlanRequest {
  std::uint64_t size_bytes = 0;
  /// Up to here the base shows where nothing was written.
  std::uint64_t base_limit = 0;
  /// The blocks of the base from its beginning; empty where they cannot be named again.
  std::span<const BlockInfo> base_blocks{};
  /// In order, not overlapping, below size_bytes.
  std::span<const StagedExtent> extents{};
  /// Largest block made anew from the base or of zeros.
  std::uint64_t block_size_bytes_max = 0;
  /// Blocks below this size are small: runs of many are joined.
  std::uint64_t small_size_bytes = 0;
};

/// The block list of a new content: keeps whole blocks of the base, cuts those that were partly
/// rewritten, and joins runs of many small ones, so that files that grow by small appends keep few
/// blocks.
std::vector<PlannedBlock> plan_commit(const CommitPlanRequest& request);

}  // namespace aloft::posix
