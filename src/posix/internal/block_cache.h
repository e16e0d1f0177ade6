// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "base/guarded.h"
#include "base/limits.h"
#include "base/result.h"
#include "posix/internal/interval_set.h"

namespace aloft::posix {

/// The one budget for dirty data, read-ahead and cached blocks. Safe from any thread.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
  std::uint64_t bytes_max() const { return bytes_max_; }

  bool try_reserve(std::uint64_t bytes);
  /// For what must go on although the budget is used up: bounded by the operations under way.
  void reserve_anyway(std::uint64_t bytes);
  void release(std::uint64_t bytes);
  std::uint64_t used_bytes();

  /// A ticket to hand to wait_for_change().
  std::uint64_t changes();
  /// Something that may make room happened: wakes those who wait.
  void announce();
  Result<void> wait_for_change(std::uint64_t since, const Limits& limits);

 private:
  struct State {
    std::uint64_t used_bytes = 0;
    std::uint64_t changes = 0;
  };
  const std::uint64_t bytes_max_;
  Guarded<State> state_;
  std::condition_variable_any changed_;
};

/// Bytes that count against a budget, which outlives them. The constructor takes over a reservation
/// that was made for it.
class Buffer {
 public:
  Buffer(MemoryBudget& budget, std::size_t capacity_bytes)
      : budget_(budget),
        capacity_bytes_(capacity_bytes),
        bytes_(std::make_unique_for_overwrite<std::byte[]>(capacity_bytes)) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { budget_.release(capacity_bytes_); }

  std::span<std::byte> span() { return {bytes_.get(), capacity_bytes_}; }
  std::span<const std::byte> span() const { return {bytes_.get(), capacity_bytes_}; }
  std::size_t capacity_bytes() const { return capacity_bytes_; }

 private:
  MemoryBudget& budget_;
  const std::size_t capacity_bytes_;
  std::unique_ptr<std::byte[]> bytes_;
};

/// Names one content of one file for the cache; never used again for another content.
using ContentId = std::uint64_t;

/// Clean bytes of files, read ahead or kept from a commit, in chunks that do not overlap; the least
/// recently used go first when the budget is needed. Safe from any thread.
class BlockCache {
 public:
  /// Bytes of one content. Who loads it writes its buffer until finish(); from then on it does not
  /// change.
  class Chunk {
   public:
    Interval range() const { return range_; }
    std::span<std::byte> buffer() { return buffer_->span(); }

   private:
    friend class BlockCache;
    enum class State { loading, ready, failed };
    ContentId content_ = 0;
    Interval range_;
    std::shared_ptr<Buffer> buffer_;
    std::size_t buffer_offset_ = 0;  // Of range().begin in the buffer.
    State state_ = State::loading;   // Guarded by the cache.
    std::list<std::shared_ptr<Chunk>>::iterator place_;
  };
  using ChunkPointer = std::shared_ptr<Chunk>;

  explicit BlockCache(MemoryBudget& budget) : budget_(budget) {}

  ContentId new_content();

  /// Reserves from the budget, dropping cached chunks where that helps.
  bool reserve(std::uint64_t bytes);

  /// A chunk that the caller loads, for `range` or the part of it in front of the next chunk. Null
  /// if its first byte is there or on its way, or there is no memory for it.
  ChunkPointer begin(ContentId content, Interval range);
  void finish(const ChunkPointer& chunk, bool loaded);
  /// Keeps bytes that are known otherwise: [range) stands in `buffer` from `buffer_offset` on and
  /// never changes again. Dropped if it overlaps what is there.
  void keep(ContentId content, Interval range, std::shared_ptr<Buffer> buffer,
            std::size_t buffer_offset);

  /// Copies from `offset` on what is cached, waiting for what is on its way; returns how much, 0 if
  /// the first byte is neither (or its load failed).
  Result<std::size_t> read(ContentId content, std::uint64_t offset, std::span<std::byte> out,
                           const Limits& limits);
  /// Whether `offset` is cached or on its way; then the end of that chunk.
  std::optional<std::uint64_t> end_of_chunk_at(ContentId content, std::uint64_t offset);

 private:
  struct State {
    std::map<std::pair<ContentId, std::uint64_t>, ChunkPointer> chunks;  // By content, begin.
    std::list<ChunkPointer> by_use;  // The least recently used first; without those that load.
    ContentId last_content = 0;
  };
  static ChunkPointer find(State& state, ContentId content, std::uint64_t offset);
  static void forget(State& state, const ChunkPointer& chunk);

  MemoryBudget& budget_;
  Guarded<State> state_;
  std::condition_variable_any changed_;
};

}  // namespace aloft::posix
