// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/file_content.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "base/byte_size.h"
#include "base/wait.h"

namespace aloft::posix {
namespace {

/// The first memory of a part; it doubles until it holds the part.
constexpr std::uint64_t kFirstBytes = 16_KiB;

}  // namespace

FileContent::FileContent(Base base, PartLayout layout, BlockCache& cache, MemoryBudget& budget)
    : layout_(layout), cache_(cache), budget_(budget) {
  auto state = state_.lock();
  state->size_bytes = base.size_bytes();
  state->base_limit = base.size_bytes();
  state->base = std::move(base);
}

Result<void> FileContent::check(const State& state) {
  if (state.failed) return fail(*state.failed);
  return {};
}

std::uint64_t FileContent::size_bytes() {
  return state_.lock()->size_bytes;
}

bool FileContent::is_dirty() {
  auto state = state_.lock();
  return state->changes != state->committed_changes;
}

std::optional<std::chrono::nanoseconds> FileContent::written_at() {
  return state_.lock()->written_at;
}

void FileContent::forget_written_at() {
  state_.lock()->written_at.reset();
}

Base FileContent::base() {
  return state_.lock()->base;
}

std::uint64_t FileContent::lineage() {
  return state_.lock()->lineage;
}

/// Gives the part memory of its own that reaches to `end`; false if there is none.
bool FileContent::make_writable(DirtyPart& part, std::uint64_t end) {
  const std::uint64_t needed = end - part.range.begin;
  const std::uint64_t present = part.bytes ? part.bytes->capacity_bytes() : 0;
  const bool shared = part.bytes && part.bytes.use_count() > 1;
  if (needed <= present && !shared) return true;
  std::uint64_t capacity = std::max(needed, present);
  if (needed > present) {
    capacity = std::max(kFirstBytes, std::bit_ceil(needed));
    capacity = std::min(capacity, part.range.length());
  }
  if (!cache_.reserve(capacity)) return false;
  auto bytes = std::make_shared<Buffer>(budget_, capacity);
  for (const Interval& written : part.valid.parts(part.range)) {
    const std::uint64_t at = written.begin - part.range.begin;
    std::memcpy(bytes->span().data() + at, part.bytes->span().data() + at, written.length());
  }
  part.bytes = std::move(bytes);
  return true;
}

Result<FileContent::Written> FileContent::write(std::optional<std::uint64_t> offset,
                                                std::span<const std::byte> bytes,
                                                std::chrono::nanoseconds now) {
  auto state = state_.lock();
  TRY(check(*state));
  const std::uint64_t at = offset.value_or(state->size_bytes);
  const Interval range = layout_.part_at(at);
  const std::size_t count = std::min<std::size_t>(bytes.size(), range.end - at);
  const std::uint64_t end = at + count;
  if (end > layout_.file_size_max()) return fail_os(EFBIG, "writing that far into an object");
  const auto [found, fresh] = state->parts.try_emplace(range.begin, DirtyPart{.range = range});
  DirtyPart& part = found->second;
  if (!fresh && part.bytes == nullptr) return Written{.outcome = Outcome::needs_commit};
  if (!make_writable(part, end)) {
    if (fresh) state->parts.erase(found);
    return Written{.outcome = Outcome::needs_room};
  }
  const bool was_complete = part.valid.covers(part.range);
  std::memcpy(part.bytes->span().data() + (at - range.begin), bytes.data(), count);
  part.valid.add({at, end});
  part.generation = ++state->changes;
  if (part.stage == DirtyPart::Stage::staged) part.stage = DirtyPart::Stage::memory;
  state->size_bytes = std::max(state->size_bytes, end);
  state->written_at = now;
  return Written{.filled_part = !was_complete && part.valid.covers(part.range),
                 .part_begin = range.begin,
                 .offset = at,
                 .size_bytes = count};
}

Result<FileContent::Outcome> FileContent::resize(std::uint64_t size_bytes,
                                                 std::chrono::nanoseconds now) {
  auto state = state_.lock();
  TRY(check(*state));
  if (size_bytes > layout_.file_size_max()) return fail_os(EFBIG, "growing an object that far");
  if (size_bytes < state->size_bytes) {
    const Interval cut = layout_.part_at(size_bytes);
    const auto at_cut = state->parts.find(cut.begin);
    const bool inside = at_cut != state->parts.end() && size_bytes > cut.begin;
    if (inside && at_cut->second.bytes == nullptr) return Outcome::needs_commit;
    if (inside) {
      DirtyPart& part = at_cut->second;
      part.valid.cut(size_bytes);
      part.generation = state->changes + 1;
      if (part.stage == DirtyPart::Stage::staged) part.stage = DirtyPart::Stage::memory;
    }
    state->parts.erase(state->parts.lower_bound(inside ? cut.end : size_bytes), state->parts.end());
    if (inside && at_cut->second.valid.empty()) state->parts.erase(cut.begin);
    state->base_limit = std::min(state->base_limit, size_bytes);
  }
  ++state->changes;
  state->size_bytes = size_bytes;
  state->written_at = now;
  return Outcome::done;
}

Result<FileContent::ReadPlan> FileContent::begin_read(std::uint64_t offset,
                                                      std::span<std::byte> out) {
  auto state = state_.lock();
  TRY(check(*state));
  ReadPlan plan{.base = state->base, .lineage = state->lineage};
  if (offset >= state->size_bytes) return plan;
  plan.size_bytes = std::min<std::uint64_t>(out.size(), state->size_bytes - offset);
  const Interval wanted{offset, offset + plan.size_bytes};
  const auto fill_gap = [&](Interval gap) {
    const std::uint64_t limit = std::clamp(state->base_limit, gap.begin, gap.end);
    if (gap.begin < limit) plan.from_base.push_back({gap.begin, limit});
    std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(limit - offset), gap.end - limit,
                std::byte{0});
  };
  std::uint64_t from = wanted.begin;
  auto at = state->parts.upper_bound(wanted.begin);
  if (at != state->parts.begin()) --at;
  for (; at != state->parts.end() && at->first < wanted.end; ++at) {
    const DirtyPart& part = at->second;
    for (const Interval& written : part.valid.parts(wanted)) {
      if (part.bytes == nullptr) return ReadPlan{.outcome = Outcome::needs_commit};
      if (from < written.begin) fill_gap({from, written.begin});
      std::memcpy(out.data() + (written.begin - offset),
                  part.bytes->span().data() + (written.begin - part.range.begin), written.length());
      from = written.end;
    }
  }
  if (from < wanted.end) fill_gap({from, wanted.end});
  return plan;
}

std::optional<FileContent::StagingJob> FileContent::begin_staging(std::uint64_t part_begin) {
  auto state = state_.lock();
  const auto found = state->parts.find(part_begin);
  if (state->failed || state->staging_holds > 0 || found == state->parts.end()) return std::nullopt;
  DirtyPart& part = found->second;
  if (part.stage != DirtyPart::Stage::memory) return std::nullopt;
  part.stage = DirtyPart::Stage::staging;
  ++state->staging;
  return StagingJob{.part = part, .base = state->base, .base_limit = state->base_limit};
}

void FileContent::finish_staging(const DirtyPart& part, Result<BlockId> block_id) {
  {
    auto state = state_.lock();
    --state->staging;
    const auto found = state->parts.find(part.range.begin);
    if (found != state->parts.end()) {
      DirtyPart& present = found->second;
      const bool same = present.generation == part.generation;
      if (present.stage == DirtyPart::Stage::staging) present.stage = DirtyPart::Stage::memory;
      if (same && block_id) {
        present.stage = DirtyPart::Stage::staged;
        present.block_id = *block_id;
      }
    }
    if (!block_id) state->staging_error = block_id.error();
  }
  changed_.notify_all();
  budget_.announce();
}

std::vector<std::uint64_t> FileContent::stageable_parts(bool complete_only) {
  auto state = state_.lock();
  std::vector<std::uint64_t> found;
  if (state->staging_holds > 0 || state->failed) return found;
  for (const auto& [begin, part] : state->parts) {
    if (part.stage != DirtyPart::Stage::memory) continue;
    if (!complete_only || part.valid.covers(part.range)) found.push_back(begin);
  }
  return found;
}

std::uint64_t FileContent::drop_staged_bytes() {
  std::vector<std::shared_ptr<Buffer>> dropped;  // Released outside the lock.
  auto state = state_.lock();
  std::uint64_t freed = 0;
  for (auto& [begin, part] : state->parts) {
    if (part.stage != DirtyPart::Stage::staged || part.bytes == nullptr) continue;
    freed += part.bytes->capacity_bytes();
    dropped.push_back(std::move(part.bytes));
    // The block holds all between its ends.
    part.valid.add(part.valid.hull());
  }
  return freed;
}

std::optional<Error> FileContent::take_staging_error() {
  return std::exchange(state_.lock()->staging_error, std::nullopt);
}

Result<void> FileContent::hold_staging(const Limits& limits) {
  auto state = state_.lock();
  ++state->staging_holds;
  auto held = wait_until(changed_, state, limits, "waiting for blocks under way",
                         [&] { return state->staging == 0; });
  if (!held) --state->staging_holds;
  return held;
}

void FileContent::let_staging_go_on() {
  --state_.lock()->staging_holds;
  budget_.announce();
}

Result<ContentSnapshot> FileContent::snapshot() {
  auto state = state_.lock();
  TRY(check(*state));
  ContentSnapshot snapshot{.base = state->base,
                           .base_limit = state->base_limit,
                           .size_bytes = state->size_bytes,
                           .changes = state->changes,
                           .written_at = state->written_at};
  for (const auto& [begin, part] : state->parts) snapshot.parts.push_back(part);
  return snapshot;
}

void FileContent::note_attempt(std::string version, std::uint64_t changes) {
  state_.lock()->attempts.emplace_back(std::move(version), changes);
}

std::optional<std::uint64_t> FileContent::attempted(std::string_view version) {
  auto state = state_.lock();
  for (const auto& [tried, changes] : state->attempts) {
    if (tried == version) return changes;
  }
  return std::nullopt;
}

void FileContent::rebase(const ObjectInfo& info, Clock::time_point known_at) {
  const ContentId content = cache_.new_content();
  auto state = state_.lock();
  // base_limit stays: below it both versions agree where nothing is dirty, behind it both are
  // zeros.
  state->base = Base{.info = info, .content = content, .known_at = known_at};
}

void FileContent::committed(const ContentSnapshot& snapshot, Base base) {
  base.content = cache_.new_content();
  for (const DirtyPart& part : snapshot.parts) {
    if (part.bytes == nullptr) continue;
    for (const Interval& written : part.valid.parts(part.range)) {
      cache_.keep(base.content, written, part.bytes, written.begin - part.range.begin);
    }
  }
  {
    auto state = state_.lock();
    for (const DirtyPart& part : snapshot.parts) {
      const auto found = state->parts.find(part.range.begin);
      if (found == state->parts.end()) continue;
      if (found->second.generation == part.generation) {
        state->parts.erase(found);
      } else {
        // Its staged form, if any, belongs to a block list that is gone.
        found->second.stage = DirtyPart::Stage::memory;
      }
    }
    state->attempts.clear();
    state->base_limit = snapshot.size_bytes;
    state->committed_changes = snapshot.changes;
    if (state->changes == snapshot.changes) state->written_at.reset();
    state->base = std::move(base);
  }
  budget_.announce();
}

void FileContent::adopt_attributes(ContentId seen, const ObjectInfo& info,
                                   Clock::time_point known_at) {
  auto state = state_.lock();
  if (state->base.content != seen) return;
  state->base.info = info;
  state->base.known_at = known_at;
}

bool FileContent::adopt_content(ContentId seen, const ObjectInfo& info,
                                Clock::time_point known_at) {
  const ContentId content = cache_.new_content();
  auto state = state_.lock();
  if (state->base.content != seen) return true;
  if (state->changes != state->committed_changes) return false;
  state->base = Base{.info = info, .content = content, .known_at = known_at};
  state->size_bytes = info.size_bytes;
  state->base_limit = info.size_bytes;
  ++state->lineage;
  return true;
}

void FileContent::learn_blocks(const Base& seen, std::size_t id_length,
                               const std::optional<std::vector<BlockInfo>>& blocks) {
  auto state = state_.lock();
  if (state->base.content != seen.content) return;
  state->base.block_id_length = id_length;
  if (seen.info && blocks) state->base.blocks = blocks;
}

bool FileContent::forget_staged() {
  auto state = state_.lock();
  for (auto& [begin, part] : state->parts) {
    if (part.bytes == nullptr) return false;
    if (part.stage == DirtyPart::Stage::staged) part.stage = DirtyPart::Stage::memory;
  }
  return true;
}

void FileContent::fail_for_good(Error error) {
  {
    auto state = state_.lock();
    if (!state->failed) state->failed = std::move(error);
  }
  discard();
}

Result<void> FileContent::status() {
  return check(*state_.lock());
}

void FileContent::discard() {
  std::map<std::uint64_t, DirtyPart> dropped;  // Released outside the lock.
  {
    auto state = state_.lock();
    dropped = std::exchange(state->parts, {});
    state->committed_changes = state->changes;
  }
  dropped.clear();
  budget_.announce();
}

}  // namespace aloft::posix
