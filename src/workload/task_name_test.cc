// SPDX-License-Identifier: Apache-2.0
#include "workload/task_name.h"

#include <gtest/gtest.h>

namespace aloft::workload {
namespace {

TEST(TaskName, ComesBackFromItsText) {
  EXPECT_EQ(parse_task_name("12").value(), (TaskName{.job = 12}));
  EXPECT_EQ(parse_task_name("12_0").value(), (TaskName{.job = 12, .index = 0}));
  EXPECT_EQ(to_text({.job = 7, .index = 3}), "7_3");
  EXPECT_EQ(to_text({.job = 7}), "7");
}

TEST(TaskName, RefusesEverythingElse) {
  for (const char* text : {"", "0", "-1", "+1", "x", "1x", "1_", "_1", "1_2_3", "1_-2", " 1", "1.0",
                           "99999999999999999999", "1_4294967296"}) {
    EXPECT_EQ(parse_task_name(text).error().code, ErrorCode::invalid_argument) << text;
  }
}

}  // namespace
}  // namespace aloft::workload
