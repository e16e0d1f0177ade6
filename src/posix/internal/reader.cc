// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_size.h"
#include "base/log/log.h"

namespace aloft::posix {
namespace {

/// Reads this near to where the last one ended count as going on.
constexpr std::uint64_t kDisorderBytes = 256_KiB;
/// The first range of a sequential reader, and the smallest: many files end within it.
constexpr std::uint64_t kFirstRangeBytes = 1_MiB;
/// A file up to here is fetched whole by the first read at its beginning.
constexpr std::uint64_t kWholeFileBytes = 2_MiB;
/// Reading ahead starts when so much was read in a row.
constexpr std::uint64_t kAheadFromBytes = 512_KiB;
constexpr std::uint64_t kWindowBytesMax = 128_MiB;
/// Ranges that one thread performs together when many wait.
constexpr std::size_t kBatchMax = 4;

}  // namespace

ReadPattern::Advice ReadPattern::note(std::uint64_t offset, std::uint64_t length,
                                      std::uint64_t window_bytes_max) {
  auto state = state_.lock();
  const bool sequential =
      offset + kDisorderBytes >= state->next && offset <= state->next + kDisorderBytes;
  if (sequential) {
    state->sequential_bytes += length;
    state->next = std::max(state->next, offset + length);
  } else {
    state->sequential_bytes = 0;
    state->next = offset + length;
  }
  Advice advice{.sequential = sequential, .position = state->next};
  if (state->sequential_bytes >= kAheadFromBytes) {
    // As much again as was read so far: a reader that stops has wasted at most that.
    advice.window_bytes = std::clamp(state->sequential_bytes * 2, kFirstRangeBytes,
                                     std::max(kFirstRangeBytes, window_bytes_max));
  }
  return advice;
}

Reader::Reader(BlockCache& cache, MemoryBudget& budget, Options options, Limits background)
    : cache_(cache),
      options_(options),
      background_(std::move(background)),
      window_bytes_max_(std::min(kWindowBytesMax, budget.bytes_max() / 4)),
      pool_(options.threads) {}

std::uint64_t Reader::first_range_bytes() const {
  return std::min(kFirstRangeBytes, options_.part_size_bytes);
}

ReadPattern::Advice Reader::advise(ReadPattern& pattern, std::uint64_t offset,
                                   std::uint64_t length) {
  return pattern.note(offset, length, window_bytes_max_);
}

Result<std::size_t> Reader::read_exactly(const Place& place, const Base& base, std::uint64_t offset,
                                         std::span<std::byte> out, const Limits& limits) {
  const ReadRequest request{
      .key = place.key, .range = {offset, out.size()}, .if_match = base.info->etag};
  const ReadResult result = TRY(place.store->read(request, out, limits));
  if (result.size_bytes == out.size()) return result.size_bytes;
  return fail(ErrorCode::corrupt,
              fmt::format("{} ended at {} although it has {} bytes", name_of(place),
                          offset + result.size_bytes, base.size_bytes()));
}

Result<void> Reader::load_now(const Place& place, const Base& base, BlockCache::ChunkPointer chunk,
                              const Limits& limits) {
  const auto loaded = read_exactly(place, base, chunk->range().begin, chunk->buffer(), limits);
  cache_.finish(chunk, loaded.has_value());
  if (!loaded) return fail(loaded.error());
  return {};
}

Result<void> Reader::read(const Place& place, const Base& base, Interval range,
                          std::span<std::byte> out, const ReadPattern::Advice& advice,
                          const Limits& limits) {
  std::size_t filled = 0;
  while (filled < range.length()) {
    const std::uint64_t at = range.begin + filled;
    const auto wanted = out.subspan(filled, range.length() - filled);
    const std::size_t cached = TRY(cache_.read(base.content, at, wanted, limits));
    filled += cached;
    if (cached > 0) continue;
    if (advice.sequential) {
      const bool whole = at == 0 && base.size_bytes() <= kWholeFileBytes;
      std::uint64_t length =
          std::clamp(advice.window_bytes / 2, first_range_bytes(), options_.part_size_bytes);
      length = whole ? base.size_bytes() : std::max<std::uint64_t>(length, wanted.size());
      const Interval ahead{at, std::min(at + length, base.size_bytes())};
      if (auto chunk = cache_.begin(base.content, ahead)) {
        TRY(load_now(place, base, std::move(chunk), limits));
        continue;
      }
      // Somebody else began to load it meanwhile; or there is no memory for reading ahead.
      if (cache_.end_of_chunk_at(base.content, at)) continue;
    }
    filled += TRY(read_exactly(place, base, at, wanted, limits));
  }
  return {};
}

void Reader::read_ahead(const Place& place, const Base& base, const ReadPattern::Advice& advice) {
  if (advice.window_bytes == 0) return;
  const std::uint64_t end = std::min(advice.position + advice.window_bytes, base.size_bytes());
  const std::uint64_t length =
      std::clamp(advice.window_bytes / 2, first_range_bytes(), options_.part_size_bytes);
  std::uint64_t at = advice.position;
  while (at < end) {
    if (const auto chunk_end = cache_.end_of_chunk_at(base.content, at)) {
      at = *chunk_end;
      continue;
    }
    // Whole ranges only, but for the last: a window that grows a little with each read would ask
    // in small change.
    const std::uint64_t range_end = std::min(at + length, base.size_bytes());
    if (range_end > end) return;
    auto chunk = cache_.begin(base.content, {at, range_end});
    if (chunk == nullptr) return;
    at = chunk->range().end;
    queue_.lock()->push_back({place.store, place.key, base.info->etag, std::move(chunk)});
    pool_.submit([this] { load_queued(); });
  }
}

void Reader::load_queued() {
  std::vector<Load> batch;
  {
    auto queue = queue_.lock();
    const std::size_t count =
        std::clamp<std::size_t>(queue->size() / options_.threads, 1, kBatchMax);
    while (!queue->empty() && batch.size() < count &&
           (batch.empty() || queue->front().store == batch.front().store)) {
      batch.push_back(std::move(queue->front()));
      queue->pop_front();
    }
  }
  if (batch.empty()) return;  // Another thread took two.
  std::vector<ReadPart> parts;
  for (const Load& load : batch) {
    const Interval range = load.chunk->range();
    parts.push_back({.request = {.key = load.key,
                                 .range = {range.begin, range.length()},
                                 .if_match = load.etag},
                     .buffer = load.chunk->buffer()});
  }
  batch.front().store->read_many(parts, background_);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Result<ReadResult>& result = parts[i].result;
    const bool loaded = result && result->size_bytes == parts[i].request.range.length_bytes;
    cache_.finish(batch[i].chunk, loaded);
    // Not an error yet: the reader asks for the range itself when it comes there.
    if (!result)
      log(LogLevel::debug, "reading ahead in {}: {}", batch[i].key, result.error().message);
  }
}

}  // namespace aloft::posix
