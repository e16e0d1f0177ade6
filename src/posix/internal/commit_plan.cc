// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/commit_plan.h"

#include <algorithm>

namespace aloft::posix {
namespace {

using Source = PlannedBlock::Source;

/// A run of more small blocks than this becomes one. Each byte is then copied about
/// log(size) / log(this) times over the life of a log that grows line by line.
constexpr std::size_t kSmallRunMax = 32;

void append_cut(std::vector<PlannedBlock>& plan, Interval range, Source source,
                std::uint64_t size_max) {
  while (range.begin < range.end) {
    const std::uint64_t end = std::min(range.end, range.begin + size_max);
    plan.push_back({.range = {range.begin, end}, .source = source});
    range.begin = end;
  }
}

/// Joins `run`, neighbours in the base, into blocks to be made from the base.
void append_run(std::vector<PlannedBlock>& plan, std::vector<PlannedBlock>& run,
                std::uint64_t size_max) {
  if (run.size() > kSmallRunMax) {
    append_cut(plan, {run.front().range.begin, run.back().range.end}, Source::base, size_max);
  } else {
    plan.insert(plan.end(), run.begin(), run.end());
  }
  run.clear();
}

/// The blocks of an untouched range of the base.
void append_base(std::vector<PlannedBlock>& plan, Interval range, const CommitPlanRequest& request,
                 std::span<const std::uint64_t> block_begins) {
  std::vector<PlannedBlock> run;
  const auto first = std::ranges::upper_bound(block_begins, range.begin);
  auto index = static_cast<std::size_t>(first - block_begins.begin());
  index = index == 0 ? 0 : index - 1;
  std::uint64_t from = range.begin;
  for (; from < range.end && index < request.base_blocks.size(); ++index) {
    const BlockInfo& block = request.base_blocks[index];
    const Interval whole{block_begins[index], block_begins[index] + block.size_bytes};
    const Interval part{std::max(whole.begin, from), std::min(whole.end, range.end)};
    if (part.begin >= part.end) continue;
    const bool is_whole = part == whole;
    const bool is_small = part.length() < request.small_size_bytes;
    PlannedBlock planned{.range = part,
                         .source = is_whole ? Source::committed : Source::base,
                         .block_id = is_whole ? block.id : BlockId()};
    if (is_small) {
      run.push_back(std::move(planned));
    } else {
      append_run(plan, run, request.block_size_bytes_max);
      if (is_whole) {
        plan.push_back(std::move(planned));
      } else {
        append_cut(plan, part, Source::base, request.block_size_bytes_max);
      }
    }
    from = part.end;
  }
  append_run(plan, run, request.block_size_bytes_max);
  append_cut(plan, {from, range.end}, Source::base, request.block_size_bytes_max);
}

}  // namespace

std::vector<PlannedBlock> plan_commit(const CommitPlanRequest& request) {
  std::vector<std::uint64_t> block_begins;
  block_begins.reserve(request.base_blocks.size());
  std::uint64_t begin = 0;
  for (const BlockInfo& block : request.base_blocks) {
    block_begins.push_back(begin);
    begin += block.size_bytes;
  }
  std::vector<PlannedBlock> plan;
  const auto append_untouched = [&](Interval gap) {
    const std::uint64_t limit = std::clamp(request.base_limit, gap.begin, gap.end);
    if (gap.begin < limit) append_base(plan, {gap.begin, limit}, request, block_begins);
    append_cut(plan, {limit, gap.end}, Source::zeros, request.block_size_bytes_max);
  };
  std::uint64_t from = 0;
  for (const StagedExtent& extent : request.extents) {
    if (from < extent.range.begin) append_untouched({from, extent.range.begin});
    plan.push_back({.range = extent.range, .source = Source::staged, .block_id = extent.block_id});
    from = extent.range.end;
  }
  if (from < request.size_bytes) append_untouched({from, request.size_bytes});
  return plan;
}

}  // namespace aloft::posix
