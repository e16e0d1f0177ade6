// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/stager.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace aloft::posix {
namespace {

/// The hull of what was written, without holes: the part's own bytes, or a filled copy.
class Hull {
 public:
  static Result<Hull> of(Stager& stager, ObjectStore& store, std::string_view key,
                         const DirtyPart& part, const Base& base, std::uint64_t base_limit,
                         const Limits& limits) {
    Hull hull;
    const Interval range = part.valid.hull();
    const auto inside = part.bytes->span().subspan(range.begin - part.range.begin, range.length());
    hull.bytes_ = inside;
    const auto gaps = part.valid.gaps(range);
    if (gaps.empty()) return hull;
    hull.copy_.assign(inside.begin(), inside.end());
    for (const Interval& gap : gaps) {
      const auto out = std::span(hull.copy_).subspan(gap.begin - range.begin, gap.length());
      TRY(stager.read_base(store, key, base, base_limit, gap, out, limits));
    }
    hull.bytes_ = hull.copy_;
    return hull;
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
  std::vector<std::byte> copy_;
};

}  // namespace

Result<void> Stager::read_base(ObjectStore& store, std::string_view key, const Base& base,
                               std::uint64_t limit, Interval range, std::span<std::byte> out,
                               const Limits& limits) {
  const std::uint64_t end = std::clamp(limit, range.begin, range.end);
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(end - range.begin), out.end(), std::byte{0});
  if (range.begin == end) return {};
  const std::uint64_t length = end - range.begin;
  const std::size_t cached = TRY(cache_.read(base.content, range.begin, out.first(length), limits));
  if (cached == length) return {};
  const std::uint64_t from = range.begin + cached;
  const ReadRequest request{
      .key = key, .range = {from, length - cached}, .if_match = base.info->etag};
  const ReadResult result = TRY(store.read(request, out.subspan(cached, length - cached), limits));
  if (result.size_bytes == length - cached) return {};
  return fail(ErrorCode::corrupt,
              fmt::format("{}/{} ended at {} although it has {} bytes", store.name(), key,
                          from + result.size_bytes, base.size_bytes()));
}

Stager::Stager(Random& random, WorkerPool& pool, BlockCache& cache, Limits limits)
    : random_(random),
      pool_(pool),
      cache_(cache),
      limits_(std::move(limits)),
      writer_id_(random.hex(8)) {}

BlockId Stager::new_block_id(std::size_t length) {
  if (length == kBlockIdLength) {
    return fmt::format("{}{:08x}", writer_id_, blocks_.fetch_add(1, std::memory_order_relaxed));
  }
  // The object's ids are of another length: as random as that allows.
  return random_.hex((length + 1) / 2).substr(0, length);
}

Result<Stager::Blocks> Stager::look_at_blocks(ObjectStore& store, std::string_view key,
                                              const Base& base, const Limits& limits) {
  if (base.block_id_length) return Blocks{*base.block_id_length, base.blocks};
  auto list = store.block_list(key, limits);
  if (!list && list.error().code == ErrorCode::not_found) return Blocks{};
  if (!list) return fail(std::move(list).error());
  Blocks blocks{.committed = std::move(list->committed)};
  if (!blocks.committed->empty()) {
    blocks.id_length = blocks.committed->front().id.size();
  } else if (!list->uncommitted.empty()) {
    // Somebody else's, killed or still at work: the service wants one length all the same.
    blocks.id_length = list->uncommitted.front().id.size();
  }
  return blocks;
}

Result<BlockId> Stager::stage(ObjectStore& store, std::string_view key, const DirtyPart& part,
                              const Base& base, std::uint64_t base_limit, std::size_t id_length,
                              const Limits& limits) {
  const Hull hull = TRY(Hull::of(*this, store, key, part, base, base_limit, limits));
  BlockId block_id = new_block_id(id_length);
  TRY(store.stage_block({.key = key, .block_id = block_id, .content = hull.bytes()}, limits));
  return block_id;
}

void Stager::stage_later(std::shared_ptr<ObjectStore> store,
                         const std::function<std::string()>& key_now,
                         std::shared_ptr<FileContent> content, std::uint64_t part_begin) {
  auto job = content->begin_staging(part_begin);
  if (!job) return;
  pool_.submit([this, store = std::move(store), key = key_now(), content = std::move(content),
                job = *std::move(job)] {
    const auto staged = [&]() -> Result<BlockId> {
      const Blocks blocks = TRY(look_at_blocks(*store, key, job.base, limits_));
      content->learn_blocks(job.base, blocks.id_length, blocks.committed);
      return stage(*store, key, job.part, job.base, job.base_limit, blocks.id_length, limits_);
    }();
    content->finish_staging(job.part, staged);
  });
}

Result<void> Stager::perform_all(std::vector<std::function<Result<void>()>> jobs) {
  if (jobs.size() == 1) return jobs.front()();
  struct Shared {
    Guarded<std::size_t> left;
    std::condition_variable all_ended;
    std::vector<Result<void>> results;
  };
  // The last job may still be leaving the lock when the waiter goes on.
  const auto shared = std::make_shared<Shared>();
  *shared->left.lock() = jobs.size();
  shared->results.resize(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    pool_.submit([shared, i, job = std::move(jobs[i])] {
      shared->results[i] = job();
      if (--*shared->left.lock() == 0) shared->all_ended.notify_one();
    });
  }
  auto left = shared->left.lock();
  shared->all_ended.wait(left.mutex_lock(), [&] { return *left == 0; });
  for (const Result<void>& result : shared->results) {
    if (!result) return result;
  }
  return {};
}

}  // namespace aloft::posix
