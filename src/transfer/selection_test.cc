// SPDX-License-Identifier: Apache-2.0
#include "transfer/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_directory.h"
#include "transfer/local_tree.h"
#include "transfer/testing/files.h"

namespace aloft::transfer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Effect = Selection::Effect;

/// "+*.csv -tmp/": includes and excludes in order.
Selection rules(std::string_view text) {
  std::vector<Selection::Rule> list;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    list.push_back({.effect = text.front() == '+' ? Effect::include : Effect::exclude,
                    .pattern = std::string(text.substr(1, blank - 1))});
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
  return Selection::of(list).value();
}

bool takes(std::string_view text, std::string_view path, FileKind kind = FileKind::regular) {
  return rules(text).takes(path, kind);
}

TEST(Selection, TakesAllWithoutRules) {
  EXPECT_TRUE(Selection().takes("a/b", FileKind::regular));
  EXPECT_TRUE(Selection().takes_all());
}

TEST(Selection, LetsTheLastMatchDecide) {
  EXPECT_FALSE(takes("-*.tmp", "a/x.tmp"));
  EXPECT_TRUE(takes("-*.tmp", "a/x.csv"));
  EXPECT_TRUE(takes("-*.tmp +keep.tmp", "a/keep.tmp"));
  EXPECT_FALSE(takes("+keep.tmp -*.tmp", "a/keep.tmp"));
}

TEST(Selection, TakesOnlyWhatIsIncludedIfAnIncludeComesFirst) {
  EXPECT_TRUE(takes("+*.csv", "a/x.csv"));
  EXPECT_FALSE(takes("+*.csv", "a/x.txt"));
  EXPECT_FALSE(takes("+*.csv -tmp", "tmp/x.csv"));
  EXPECT_TRUE(takes("-tmp +*.csv", "tmp/x.csv"));
  EXPECT_TRUE(takes("-tmp +*.csv", "x.txt"));
}

TEST(Selection, MatchesNamesAnywhereAndPathsFromTheRoot) {
  EXPECT_FALSE(takes("-build", "a/build/x"));
  EXPECT_TRUE(takes("-/build", "a/build/x"));
  EXPECT_FALSE(takes("-/build", "build/x"));
  EXPECT_FALSE(takes("-a/build", "a/build"));
  EXPECT_TRUE(takes("-a/build", "b/a/build"));
  EXPECT_FALSE(takes("-**/a/build", "b/a/build"));
  EXPECT_FALSE(takes("-a/**", "a/b/c"));
}

TEST(Selection, MatchesDirectoriesAloneWithAFinalSlash) {
  EXPECT_TRUE(takes("-build/", "build"));
  EXPECT_FALSE(takes("-build/", "build", FileKind::directory));
  EXPECT_FALSE(takes("-build/", "a/build/x"));
}

TEST(Selection, RefusesPatternsThatMatchNothing) {
  for (const char* pattern : {"", "/", ".", "./x"}) {
    const auto made = Selection::of({{.effect = Effect::include, .pattern = pattern}});
    ASSERT_FALSE(made) << pattern;
    EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(made.error().message, HasSubstr("matches nothing"));
  }
}

class SelectedWalkTest : public ::testing::Test {
 protected:
  SelectedWalkTest() : tree_(LocalDirectory::open(scratch_.path()).value()) {
    for (const char* name :
         {"/a.csv", "/a.txt", "/d/e/b.csv", "/d/e/b.txt", "/d/f/c.txt", "/tmp/t.csv"}) {
      testing::write_file(scratch_.path() + name, "x");
    }
  }
  std::vector<std::string> walk(std::string_view text) {
    std::vector<std::string> found;
    const Visitor visitor{
        .found = [&](const Entry& entry) -> Result<void> {
          found.push_back(entry.path);
          return {};
        },
        .failed = [&](const std::string&,
                      const Error& error) { found.push_back("failed: " + error.message); }};
    EXPECT_TRUE(walk_selected(tree_, "", rules(text), visitor, {}));
    return found;
  }
  TemporaryDirectory scratch_;
  LocalTree tree_;
};

TEST_F(SelectedWalkTest, FindsDirectoriesForWhatIsInThem) {
  EXPECT_THAT(walk("+*.csv -tmp"), ElementsAre("a.csv", "d", "d/e", "d/e/b.csv"));
  EXPECT_THAT(walk("-*.csv"),
              ElementsAre("a.txt", "d", "tmp", "d/e", "d/f", "d/e/b.txt", "d/f/c.txt"));
}

TEST_F(SelectedWalkTest, TakesAnIncludedDirectoryWithAllThatIsInIt) {
  EXPECT_THAT(walk("+e"), ElementsAre("d", "d/e", "d/e/b.csv", "d/e/b.txt"));
}

TEST_F(SelectedWalkTest, DoesNotReadWhatIsLeftOut) {
  const Selection selection = rules("-d");
  EXPECT_FALSE(selection.enters("d"));
  EXPECT_TRUE(selection.enters("tmp"));
  EXPECT_TRUE(rules("-d +*.csv").enters("d")) << "something in it may be meant";
  EXPECT_THAT(walk("-d"), ElementsAre("a.csv", "a.txt", "tmp", "tmp/t.csv"));
}

}  // namespace
}  // namespace aloft::transfer
