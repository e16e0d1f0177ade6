// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/interval_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posix/internal/part_layout.h"

namespace aloft::posix {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(IntervalSet, JoinsWhatOverlapsOrTouches) {
  IntervalSet set;
  set.add({10, 20});
  set.add({30, 40});
  set.add({20, 25});
  EXPECT_EQ(set.count(), 2u);
  set.add({24, 31});
  EXPECT_EQ(set.count(), 1u);
  EXPECT_EQ(set.hull(), (Interval{10, 40}));
  EXPECT_TRUE(set.covers({10, 40}));
  EXPECT_FALSE(set.covers({9, 11}));
}

TEST(IntervalSet, NamesPartsAndGaps) {
  IntervalSet set;
  set.add({10, 20});
  set.add({30, 40});
  EXPECT_THAT(set.parts({15, 35}), ElementsAre(Interval{15, 20}, Interval{30, 35}));
  EXPECT_THAT(set.gaps({5, 45}), ElementsAre(Interval{5, 10}, Interval{20, 30}, Interval{40, 45}));
  EXPECT_THAT(set.gaps({12, 18}), IsEmpty());
}

TEST(IntervalSet, CutsWhatLiesBehind) {
  IntervalSet set;
  set.add({10, 20});
  set.add({30, 40});
  set.cut(15);
  EXPECT_EQ(set.hull(), (Interval{10, 15}));
  set.cut(10);
  EXPECT_TRUE(set.empty());
}

TEST(PartLayout, GrowsPartsWithTheOffset) {
  const PartLayout layout(8, 32);
  EXPECT_EQ(layout.part_at(0), (Interval{0, 8}));
  EXPECT_EQ(layout.part_at(15), (Interval{8, 16}));
  EXPECT_EQ(layout.part_at(64'000), (Interval{64'000, 64'016}));
  EXPECT_EQ(layout.part_at(64'000 + 64'000 + 33), (Interval{128'032, 128'064}));
  EXPECT_EQ(layout.part_at(1'000'000'000).length(), 32u) << "never above the largest";
  EXPECT_EQ(layout.file_size_max(), 64'000u + 64'000 + 36'000 * 32);
}

}  // namespace
}  // namespace aloft::posix
