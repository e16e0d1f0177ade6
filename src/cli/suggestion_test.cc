// SPDX-License-Identifier: Apache-2.0
#include "cli/suggestion.h"

#include <gtest/gtest.h>

#include <vector>

namespace aloft::cli {
namespace {

const std::vector<std::string> kCommands{"cp", "ls", "cat", "mkdir", "verify", "submit", "status"};

TEST(Suggestion, FindsAWordWithOneSlip) {
  EXPECT_EQ(nearest("verfy", kCommands), "verify");
  EXPECT_EQ(nearest("sumbit", kCommands), "submit");
  EXPECT_EQ(nearest("cpp", kCommands), "cp");
  EXPECT_EQ(nearest("statsu", kCommands), "status");
}

TEST(Suggestion, StaysSilentWhereNothingIsNear) {
  EXPECT_EQ(nearest("teleport", kCommands), "");
  EXPECT_EQ(nearest("xy", kCommands), "");
  EXPECT_EQ(nearest("", kCommands), "");
}

}  // namespace
}  // namespace aloft::cli
