// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <gtest/gtest.h>

#include "cli/command.h"

namespace aloft::cli {
namespace {

TEST(WithoutControls, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(without_controls("a\x1b[31mb\x7f\tc\nd"), "a?[31mb??c?d");
  EXPECT_EQ(without_controls("\xC2\x9B"
                             "31m"),
            "?31m");
  EXPECT_EQ(without_controls("\xC2\x80\xC2\x9F\xC2\xA0"), "??\xC2\xA0");
  EXPECT_EQ(without_controls("x\x9B"
                             "31m\xC2"),
            "x?31m\xC2");
  EXPECT_EQ(without_controls("\xE2\x9B"), "\xE2?") << "cut off";
}

TEST(WithoutControls, LeavesLettersAsTheyAre) {
  // In their UTF-8 are bytes that alone would be control characters.
  for (const char* text :
       {"plain", "caf\u00e9", "\u0410\u041b\u201c\u2014", "\U0001F600", "latin\xE9"}) {
    EXPECT_EQ(without_controls(text), text);
  }
}

TEST(Report, IsOneLineWhateverIsInANameOfAStranger) {
  testing::internal::CaptureStderr();
  report({.code = ErrorCode::not_found, .message = "x\naloft: all is well does not exist"});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "aloft: x?aloft: all is well does not exist\n");
}

}  // namespace
}  // namespace aloft::cli
