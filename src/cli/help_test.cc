// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <gtest/gtest.h>

#include <sstream>

namespace aloft::cli {
namespace {

TEST(Wrap, BreaksBetweenWords) {
  EXPECT_EQ(wrap("one two three", 7), "one two\nthree");
  EXPECT_EQ(wrap("one two three", 80), "one two three");
}

TEST(Wrap, KeepsLineEndsAndIndentation) {
  EXPECT_EQ(wrap("a:\n  b c\n", 80), "a:\n  b c\n");
}

TEST(Wrap, LeavesAWordThatIsTooLongAlone) {
  EXPECT_EQ(wrap("a abcdefgh b", 4), "a\nabcdefgh\nb");
}

TEST(HelpFormatter, StaysWithinEightyColumns) {
  CLI::App app("Does a number of things that need so many words that the line would be too long.",
               "prog");
  app.formatter(std::make_shared<HelpFormatter>());
  bool flag = false;
  app.add_flag(
      "-l,--long-option-name-here", flag,
      "A description of an option that says in some detail when one wants it and when not");
  app.add_subcommand("sub", "A description of a command that says in some detail what it is for");
  std::istringstream help(app.help());
  for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), kHelpColumns) << line;
}

TEST(HelpFormatter, ShowsOperandsAndWhatOptionsTake) {
  CLI::App app("", "prog");
  app.formatter(std::make_shared<HelpFormatter>("FILE [ARGS...]"));
  int number = 0;
  app.add_option("-n", number, "A number")->check(CLI::Range(1, 5))->option_text("N");
  EXPECT_NE(app.help().find("Usage: prog [OPTIONS] FILE [ARGS...]\n"), std::string::npos);
  EXPECT_NE(app.help().find("  -n N                    A number\n"), std::string::npos)
      << app.help();
}

}  // namespace
}  // namespace aloft::cli
