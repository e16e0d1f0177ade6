// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/limits.h"
#include "posix/internal/block_cache.h"
#include "posix/internal/committer.h"
#include "posix/internal/file_content.h"
#include "posix/internal/worker_pool.h"

namespace aloft::posix {

/// How one handle reads: what decides between exact ranges and reading ahead.
class ReadPattern {
 public:
  struct Advice {
    /// How far ahead of the reader data should be on their way; 0: not sequential, or too early.
    std::uint64_t window_bytes = 0;
    bool sequential = false;
    std::uint64_t position = 0;  ///< Where the reader will go on.
  };
  /// Notes a read and says what to do about it. The kernel sends neighbouring reads from several
  /// threads, so small disorder is still sequential.
  Advice note(std::uint64_t offset, std::uint64_t length, std::uint64_t window_bytes_max);

 private:
  struct State {
    std::uint64_t next = 0;
    std::uint64_t sequential_bytes = 0;
  };
  Guarded<State> state_;
};

/// Reads the base of files: from the cache, by exact ranges where a program jumps about, and ahead
/// of it by parallel ranges where it goes straight. Every read names the version that it wants.
/// Safe from any thread.
class Reader {
 public:
  struct Options {
    std::uint64_t part_size_bytes = 0;  ///< Largest range of one request.
    std::size_t threads = 4;
  };
  /// `cache` and `budget` outlive it; `background` ends reading ahead.
  Reader(BlockCache& cache, MemoryBudget& budget, Options options, Limits background);

  /// Fills `out` with `range` of the base, which lies within it. precondition_failed: the object
  /// is another by now.
  Result<void> read(const Place& place, const Base& base, Interval range, std::span<std::byte> out,
                    const ReadPattern::Advice& advice, const Limits& limits);
  ReadPattern::Advice advise(ReadPattern& pattern, std::uint64_t offset, std::uint64_t length);
  void read_ahead(const Place& place, const Base& base, const ReadPattern::Advice& advice);

 private:
  struct Load {
    std::shared_ptr<ObjectStore> store;
    std::string key;
    Etag etag;
    BlockCache::ChunkPointer chunk;
  };
  Result<std::size_t> read_exactly(const Place& place, const Base& base, std::uint64_t offset,
                                   std::span<std::byte> out, const Limits& limits);
  Result<void> load_now(const Place& place, const Base& base, BlockCache::ChunkPointer chunk,
                        const Limits& limits);
  void load_queued();
  std::uint64_t first_range_bytes() const;

  BlockCache& cache_;
  const Options options_;
  const Limits background_;
  const std::uint64_t window_bytes_max_;
  Guarded<std::deque<Load>> queue_;
  WorkerPool pool_;  // Last: its jobs use the others.
};

}  // namespace aloft::posix
