// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/commit_plan.h"

#include <gtest/gtest.h>

#include <string>

namespace aloft::posix {
namespace {

/// "committed:0-10:a base:10-15 …"
std::string shown(const std::vector<PlannedBlock>& plan) {
  static const char* const kSources[] = {"committed", "staged", "base", "zeros"};
  std::string out;
  for (const PlannedBlock& block : plan) {
    if (!out.empty()) out += ' ';
    out += std::string(kSources[static_cast<int>(block.source)]) + ":" +
           std::to_string(block.range.begin) + "-" + std::to_string(block.range.end) +
           (block.block_id.empty() ? "" : ":" + block.block_id);
  }
  return out;
}

const std::vector<BlockInfo> kBase{{"a", 10}, {"b", 10}, {"c", 5}};

CommitPlanRequest request(std::uint64_t size_bytes, std::uint64_t base_limit,
                          std::span<const StagedExtent> extents) {
  return {.size_bytes = size_bytes,
          .base_limit = base_limit,
          .base_blocks = kBase,
          .extents = extents,
          .block_size_bytes_max = 10,
          .small_size_bytes = 2};
}

TEST(CommitPlan, KeepsUntouchedBlocksAndCutsTouchedOnes) {
  const std::vector<StagedExtent> extents{{{12, 15}, "x"}};
  EXPECT_EQ(shown(plan_commit(request(25, 25, extents))),
            "committed:0-10:a base:10-12 staged:12-15:x base:15-20 committed:20-25:c");
}

TEST(CommitPlan, AppendsBehindWhatIsThere) {
  const std::vector<StagedExtent> extents{{{25, 30}, "x"}};
  EXPECT_EQ(shown(plan_commit(request(30, 25, extents))),
            "committed:0-10:a committed:10-20:b committed:20-25:c staged:25-30:x");
}

TEST(CommitPlan, FillsWithZerosBehindWhatIsLeftOfTheBase) {
  const std::vector<StagedExtent> extents{{{40, 41}, "x"}};
  EXPECT_EQ(shown(plan_commit(request(41, 12, extents))),
            "committed:0-10:a base:10-12 zeros:12-22 zeros:22-32 zeros:32-40 staged:40-41:x");
}

TEST(CommitPlan, MakesBlocksOfABaseThatHasNone) {
  CommitPlanRequest put = request(25, 25, {});
  put.base_blocks = {};
  EXPECT_EQ(shown(plan_commit(put)), "base:0-10 base:10-20 base:20-25");
}

TEST(CommitPlan, JoinsALongRunOfSmallBlocks) {
  std::vector<BlockInfo> many;
  for (int i = 0; i < 40; ++i) many.push_back({"s", 1});
  CommitPlanRequest small = request(40, 40, {});
  small.base_blocks = many;
  small.block_size_bytes_max = 100;
  EXPECT_EQ(shown(plan_commit(small)), "base:0-40");
}

TEST(CommitPlan, IsEmptyForAnEmptyFile) {
  EXPECT_EQ(shown(plan_commit(request(0, 0, {}))), "");
}

}  // namespace
}  // namespace aloft::posix
