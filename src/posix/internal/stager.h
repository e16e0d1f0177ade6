// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/limits.h"
#include "base/random.h"
#include "object/object_store.h"
#include "posix/internal/file_content.h"
#include "posix/internal/worker_pool.h"

namespace aloft::posix {

/// Sends dirty parts to the store as blocks, in the background while a file is written and for its
/// commit. Block ids begin with a random id of this writer, so that two writers of one object
/// never commit each other's blocks. Safe from any thread.
class Stager {
 public:
  /// The others outlive it; `limits` end the work in the background.
  Stager(Random& random, WorkerPool& pool, BlockCache& cache, Limits limits);

  /// Fills `out` with the bytes of `range` of the object `key` in the version `base`, from the
  /// cache where that has them; `limit` is where the base ends for the file: zeros behind it.
  Result<void> read_base(ObjectStore& store, std::string_view key, const Base& base,
                         std::uint64_t limit, Interval range, std::span<std::byte> out,
                         const Limits& limits);

  /// A name for a new block of an object whose block ids have `length` bytes.
  BlockId new_block_id(std::size_t length);
  static constexpr std::size_t kBlockIdLength = 24;

  /// What the ids of new blocks of this object must be long, and the base's blocks where they were
  /// not known.
  struct Blocks {
    std::size_t id_length = kBlockIdLength;
    std::optional<std::vector<BlockInfo>> committed{};
  };
  static Result<Blocks> look_at_blocks(ObjectStore& store, std::string_view key, const Base& base,
                                       const Limits& limits);

  /// Stages one part at once, holes filled from the base.
  Result<BlockId> stage(ObjectStore& store, std::string_view key, const DirtyPart& part,
                        const Base& base, std::uint64_t base_limit, std::size_t id_length,
                        const Limits& limits);

  /// Stages a part in the background, if it needs that; the content keeps the outcome. Asks
  /// `key_now` at once, when staging has begun: who holds it may change the key.
  void stage_later(std::shared_ptr<ObjectStore> store, const std::function<std::string()>& key_now,
                   std::shared_ptr<FileContent> content, std::uint64_t part_begin);

  /// Performs `jobs` on the pool, returns when all ended: the first error in their order.
  Result<void> perform_all(std::vector<std::function<Result<void>()>> jobs);

 private:
  Random& random_;
  WorkerPool& pool_;
  BlockCache& cache_;
  const Limits limits_;
  const std::string writer_id_;
  std::atomic<std::uint64_t> blocks_ = 0;
};

}  // namespace aloft::posix
