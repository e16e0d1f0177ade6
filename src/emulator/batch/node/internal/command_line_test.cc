// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/internal/command_line.h"

#include <gmock/gmock.h>

namespace aloft::emulator::batch {
namespace {

using testing::ElementsAre;

TEST(CommandLine, IsSplitAtBlanks) {
  EXPECT_THAT(split_command_line("  ls -l\t/tmp \n").value(), ElementsAre("ls", "-l", "/tmp"));
}

TEST(CommandLine, KeepsQuotationsWhole) {
  EXPECT_THAT(split_command_line(R"(/bin/sh -c "echo $A; echo 'b  c'")").value(),
              ElementsAre("/bin/sh", "-c", "echo $A; echo 'b  c'"));
  EXPECT_THAT(split_command_line(R"(sh -c 'echo "a\n" \')").value(),
              ElementsAre("sh", "-c", R"(echo "a\n" \)"));
  EXPECT_THAT(split_command_line(R"(a b"c d"'e f'g "" '')").value(),
              ElementsAre("a", "bc de fg", "", ""));
}

TEST(CommandLine, TakesABackslashForWhatFollowsIt) {
  EXPECT_THAT(split_command_line(R"(a\ b \"c\' "say \"hi\" \\ \$HOME \n")").value(),
              ElementsAre("a b", "\"c'", R"(say "hi" \ \$HOME \n)"));
}

TEST(CommandLine, ExpandsNothing) {
  EXPECT_THAT(split_command_line("echo $HOME *.txt ~ a;b|c>d").value(),
              ElementsAre("echo", "$HOME", "*.txt", "~", "a;b|c>d"));
}

TEST(CommandLine, IsRefusedWhereItIsNotComplete) {
  for (const char* line : {"", "   ", "'' x", "a 'b", "a \"b", "a \"b\\\"", "a \\"}) {
    const auto words = split_command_line(line);
    ASSERT_FALSE(words) << line;
    EXPECT_EQ(words.error().code, ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace aloft::emulator::batch
