// SPDX-License-Identifier: Apache-2.0
#include "workload/array_spec.h"

#include <gmock/gmock.h>

namespace aloft::workload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ArraySpec, ReadsRangesListsAndSteps) {
  EXPECT_THAT(parse_array_spec("1-4")->indices, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(parse_array_spec("7")->indices, ElementsAre(7));
  EXPECT_THAT(parse_array_spec("5,1,3,1")->indices, ElementsAre(1, 3, 5));
  EXPECT_THAT(parse_array_spec("0-8:4,20")->indices, ElementsAre(0, 4, 8, 20));
  EXPECT_EQ(parse_array_spec("0-8:4,20")->step, 4u);
  EXPECT_THAT(parse_array_spec("[1-3]")->indices, ElementsAre(1, 2, 3));
}

TEST(ArraySpec, ReadsHowManyMayRunAtATime) {
  EXPECT_EQ(parse_array_spec("1-100%4")->running_max, 4u);
  EXPECT_EQ(parse_array_spec("[1-100%4]")->running_max, 4u);
  EXPECT_EQ(parse_array_spec("1-3%0")->running_max, 0u) << "as in Slurm: no limit";
}

TEST(ArraySpec, RefusesWhatSlurmRefuses) {
  for (const char* text : {"", "1-", "5-1", "1-3:0", "a", "1-3%", "1-3%x", "1,,2", "1 2", "-3",
                           "1-3:", "4000001", "[1-3", "0-4000000"}) {
    EXPECT_FALSE(parse_array_spec(text)) << text;
  }
  EXPECT_THAT(parse_array_spec("5-1").error().message, HasSubstr("backwards"));
}

TEST(ArraySpec, ShowsIndicesAsAShortList) {
  EXPECT_EQ(format_indices({1, 2, 3, 4, 7, 9, 10}), "1-4,7,9,10");
  EXPECT_EQ(format_indices({0}), "0");
  EXPECT_EQ(format_indices({}), "");
}

}  // namespace
}  // namespace aloft::workload
