// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/block_cache.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/wait.h"

namespace aloft::posix {

bool MemoryBudget::try_reserve(std::uint64_t bytes) {
  auto state = state_.lock();
  if (state->used_bytes + bytes > bytes_max_) return false;
  state->used_bytes += bytes;
  return true;
}

void MemoryBudget::reserve_anyway(std::uint64_t bytes) {
  state_.lock()->used_bytes += bytes;
}

void MemoryBudget::release(std::uint64_t bytes) {
  {
    auto state = state_.lock();
    state->used_bytes -= bytes;
    ++state->changes;
  }
  changed_.notify_all();
}

std::uint64_t MemoryBudget::used_bytes() {
  return state_.lock()->used_bytes;
}

std::uint64_t MemoryBudget::changes() {
  return state_.lock()->changes;
}

void MemoryBudget::announce() {
  ++state_.lock()->changes;
  changed_.notify_all();
}

Result<void> MemoryBudget::wait_for_change(std::uint64_t since, const Limits& limits) {
  auto state = state_.lock();
  return wait_until(changed_, state, limits, "waiting for memory of this mount (--memory)",
                    [&] { return state->changes != since; });
}

ContentId BlockCache::new_content() {
  return ++state_.lock()->last_content;
}

bool BlockCache::reserve(std::uint64_t bytes) {
  while (!budget_.try_reserve(bytes)) {
    // One by one: a chunk may share its buffer with others, and then frees nothing yet. It is
    // released outside the lock.
    ChunkPointer dropped;
    auto state = state_.lock();
    if (state->by_use.empty()) return false;
    dropped = state->by_use.front();
    forget(*state, dropped);
  }
  return true;
}

BlockCache::ChunkPointer BlockCache::find(State& state, ContentId content, std::uint64_t offset) {
  auto at = state.chunks.upper_bound({content, offset});
  if (at == state.chunks.begin()) return nullptr;
  --at;
  const ChunkPointer& chunk = at->second;
  return at->first.first == content && offset < chunk->range_.end ? chunk : nullptr;
}

void BlockCache::forget(State& state, const ChunkPointer& chunk) {
  if (chunk->state_ == Chunk::State::ready) state.by_use.erase(chunk->place_);
  state.chunks.erase({chunk->content_, chunk->range_.begin});
}

BlockCache::ChunkPointer BlockCache::begin(ContentId content, Interval range) {
  {
    auto state = state_.lock();
    if (find(*state, content, range.begin) != nullptr) return nullptr;
    const auto next = state->chunks.lower_bound({content, range.begin});
    if (next != state->chunks.end() && next->first.first == content) {
      range.end = std::min(range.end, next->first.second);
    }
  }
  if (!reserve(range.length())) return nullptr;
  auto chunk = std::make_shared<Chunk>();
  chunk->content_ = content;
  chunk->range_ = range;
  chunk->buffer_ = std::make_shared<Buffer>(budget_, range.length());
  auto state = state_.lock();
  const auto next = state->chunks.lower_bound({content, range.begin});
  const bool taken = find(*state, content, range.begin) != nullptr ||
                     (next != state->chunks.end() && next->first.first == content &&
                      next->first.second < range.end);
  if (taken) return nullptr;  // Somebody was faster.
  state->chunks.emplace(std::pair(content, range.begin), chunk);
  return chunk;
}

void BlockCache::finish(const ChunkPointer& chunk, bool loaded) {
  {
    auto state = state_.lock();
    if (loaded) {
      chunk->state_ = Chunk::State::ready;
      chunk->place_ = state->by_use.insert(state->by_use.end(), chunk);
    } else {
      forget(*state, chunk);
      chunk->state_ = Chunk::State::failed;
    }
  }
  changed_.notify_all();
  budget_.announce();  // It can be dropped now.
}

void BlockCache::keep(ContentId content, Interval range, std::shared_ptr<Buffer> buffer,
                      std::size_t buffer_offset) {
  auto chunk = std::make_shared<Chunk>();
  chunk->content_ = content;
  chunk->range_ = range;
  chunk->buffer_ = std::move(buffer);
  chunk->buffer_offset_ = buffer_offset;
  chunk->state_ = Chunk::State::ready;
  auto state = state_.lock();
  const auto next = state->chunks.lower_bound({content, range.begin});
  const bool overlaps = find(*state, content, range.begin) != nullptr ||
                        (next != state->chunks.end() && next->first.first == content &&
                         next->first.second < range.end);
  if (overlaps) return;
  state->chunks.emplace(std::pair(content, range.begin), chunk);
  chunk->place_ = state->by_use.insert(state->by_use.end(), chunk);
}

Result<std::size_t> BlockCache::read(ContentId content, std::uint64_t offset,
                                     std::span<std::byte> out, const Limits& limits) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    ChunkPointer chunk;
    {
      auto state = state_.lock();
      chunk = find(*state, content, offset + filled);
      if (chunk == nullptr) break;
      TRY(wait_until(changed_, state, limits, "waiting for data on its way",
                     [&] { return chunk->state_ != Chunk::State::loading; }));
      if (chunk->state_ == Chunk::State::failed) break;
      const auto present = state->chunks.find({content, chunk->range_.begin});
      if (present != state->chunks.end() && present->second == chunk) {
        state->by_use.splice(state->by_use.end(), state->by_use, chunk->place_);
      }
    }
    // Ready chunks do not change: no lock for the copy.
    const std::uint64_t inside = offset + filled - chunk->range_.begin;
    const std::size_t count =
        std::min<std::size_t>(out.size() - filled, chunk->range_.length() - inside);
    std::memcpy(out.data() + filled, chunk->buffer_->span().data() + chunk->buffer_offset_ + inside,
                count);
    filled += count;
  }
  return filled;
}

std::optional<std::uint64_t> BlockCache::end_of_chunk_at(ContentId content, std::uint64_t offset) {
  auto state = state_.lock();
  const ChunkPointer chunk = find(*state, content, offset);
  if (chunk == nullptr) return std::nullopt;
  return chunk->range_.end;
}

}  // namespace aloft::posix
