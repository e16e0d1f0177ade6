// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/dependencies.h"

#include <gtest/gtest.h>

#include <set>

#include "base/seeded_random.h"

namespace aloft::emulator::batch {
namespace {

TEST(NumberSet, KnowsWhatIsMissing) {
  SeededRandom random(7);
  NumberSet set;
  std::set<std::int64_t> model;
  for (int step = 0; step < 20'000; ++step) {
    const auto number = static_cast<std::int64_t>(random.below(40));
    if (random.below(3) == 0) {
      set.erase(number);
      model.erase(number);
    } else {
      set.insert(number);
      model.insert(number);
    }
    const auto start = static_cast<std::int64_t>(random.below(40));
    const auto end = static_cast<std::int64_t>(random.below(40));
    std::optional<std::int64_t> expected;
    for (auto one = start; one <= end; ++one) {
      if (!model.contains(one)) expected = one;
    }
    ASSERT_EQ(set.last_missing({start, end}), expected) << step;
  }
}

TEST(IdNumbers, AreWhatTheyLookLike) {
  EXPECT_EQ(number_of_id("4"), 4);
  EXPECT_EQ(number_of_id("004"), 4);
  EXPECT_FALSE(number_of_id("-4"));
  EXPECT_FALSE(number_of_id("4a"));
  EXPECT_FALSE(number_of_id(""));
}

TEST(Dependencies, ReleaseEachTaskOnce) {
  TaskTable tasks;
  Dependencies dependencies(tasks);
  EXPECT_TRUE(dependencies.add(100, {.ranges = {{1, 3}, {5, 5}}}));
  EXPECT_TRUE(dependencies.add(101, {.ranges = {{2, 2}}}));
  EXPECT_FALSE(dependencies.add(102, {.ranges = {{3, 2}}}));
  EXPECT_EQ(dependencies.satisfy("2"), std::vector<std::uint32_t>{101});
  EXPECT_TRUE(dependencies.satisfy("3").empty());
  EXPECT_TRUE(dependencies.satisfy("01").empty());
  EXPECT_EQ(dependencies.satisfy("5"), std::vector<std::uint32_t>{100});
  EXPECT_TRUE(dependencies.satisfy("5").empty());
}

}  // namespace
}  // namespace aloft::emulator::batch
