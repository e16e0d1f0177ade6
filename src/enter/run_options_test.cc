// SPDX-License-Identifier: Apache-2.0
#include "enter/run_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aloft::enter {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Result<RunOptions> parse(std::vector<std::string> words) {
  return parse_run_options(words);
}

TEST(RunOptions, EndAtTheCommand) {
  const auto options = parse({"--read-only", "ls", "--group-signals", "-l"}).value();
  EXPECT_TRUE(options.read_only);
  EXPECT_FALSE(options.group_signals);
  EXPECT_THAT(options.command, ElementsAre("ls", "--group-signals", "-l"));
}

TEST(RunOptions, EndBehindTwoDashes) {
  EXPECT_THAT(parse({"--", "--odd", "--"}).value().command, ElementsAre("--odd", "--"));
  EXPECT_THAT(parse({"--"}).value().command, IsEmpty());
}

TEST(RunOptions, SayThatSignalsReachTheWholeGroup) {
  EXPECT_TRUE(parse({"--group-signals", "ls"}).value().group_signals);
}

TEST(RunOptions, TakeValuesInBothForms) {
  const auto options =
      parse({"--ids=stored", "--chdir", "az://a/b", "--map=/data/=az://a/c", "cmd"}).value();
  EXPECT_EQ(options.ids, "stored");
  EXPECT_EQ(options.chdir, "az://a/b");
  ASSERT_EQ(options.maps.size(), 1u);
  EXPECT_EQ(options.maps[0].path, "/data");
  EXPECT_EQ(options.maps[0].uri, "az://a/c");
}

TEST(RunOptions, NameTheWordThatIsWrong) {
  for (const auto& [words, expected] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--odd", "ls"}, "'--odd'"},
           {{"--read-only=yes", "ls"}, "'--read-only=yes'"},
           {{"--ids", "mine"}, "'mine'"},
           {{"--chdir"}, "--chdir needs a value"},
           {{"--chdir="}, "--chdir"},
           {{"--map", "data=az://a/b"}, "'data=az://a/b'"},
           {{"--map", "/=az://a/b"}, "--map"},
           {{"--map", "/a/../b=az://a/b"}, "--map"},
           {{"--map", "/data=/other"}, "--map"},
       }) {
    const auto options = parse(words);
    ASSERT_FALSE(options) << expected;
    EXPECT_EQ(options.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(options.error().message, HasSubstr(expected));
  }
}

}  // namespace
}  // namespace aloft::enter
