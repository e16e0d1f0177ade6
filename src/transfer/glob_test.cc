// SPDX-License-Identifier: Apache-2.0
#include "transfer/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "object/memory_account.h"
#include "transfer/object_tree.h"
#include "transfer/testing/files.h"

namespace aloft::transfer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Glob, MatchesNamesAsShellsDo) {
  for (const auto& [pattern, name] : {std::pair("*", ""),
                                      {"*", "a"},
                                      {"a*", "a"},
                                      {"a*", "abc"},
                                      {"*c", "abc"},
                                      {"a*b*c", "a_b_b_c"},
                                      {"?", "x"},
                                      {"?", "ü"},
                                      {"a?c", "a漢c"},
                                      {"?", "\xFF"},
                                      {"[abc]", "b"},
                                      {"[a-c]x", "bx"},
                                      {"[!a-c]", "d"},
                                      {"[^a-c]", "d"},
                                      {"[]a]", "]"},
                                      {"[a-]", "-"},
                                      {"[α-ω]", "λ"},
                                      {"[\\]]", "]"},
                                      {"a[", "a["},
                                      {"[a", "[a"},
                                      {"\\*", "*"},
                                      {"a\\?b", "a?b"},
                                      {"*.tar.gz", "x.tar.tar.gz"},
                                      {"*[0-9]", "chr21"},
                                      {".*", ".hidden"},
                                      {"*", ".hidden"},
                                      {"\\", "\\"}}) {
    EXPECT_TRUE(glob_matches_name(pattern, name)) << pattern << " " << name;
  }
  for (const auto& [pattern, name] : {std::pair("", "a"),
                                      {"a", ""},
                                      {"a*", "b"},
                                      {"?", ""},
                                      {"?", "ab"},
                                      {"[abc]", "d"},
                                      {"[!a-c]", "b"},
                                      {"\\*", "x"},
                                      {"a?b", "ab"},
                                      {"[a-c]", "ü"},
                                      {"[]", "x"},
                                      {"*a", "ab"},
                                      {"a[b", "ab"},
                                      {"\\[a]", "a"}}) {
    EXPECT_FALSE(glob_matches_name(pattern, name)) << pattern << " " << name;
  }
}

TEST(Glob, TakesNoTimeForManyStars) {
  const std::string name(5000, 'a');
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_TRUE(glob_matches_name(pattern, name));
  EXPECT_FALSE(glob_matches_name(pattern + "b", name));
}

TEST(Glob, KeepsToDirectoriesButForTwoStars) {
  for (const auto& [pattern, path] : {std::pair("a/*", "a/b"),
                                      {"*/b", "a/b"},
                                      {"**/b", "b"},
                                      {"**/b", "a/b"},
                                      {"**/b", "x/y/b"},
                                      {"a/**", "a/b"},
                                      {"a/**", "a/b/c"},
                                      {"a/**/b", "a/b"},
                                      {"a/**/b", "a/x/y/b"},
                                      {"**", "a/b"},
                                      {"**/a/**/b", "a/x/a/y/b"},
                                      {"**/*.csv", "x/y.csv"}}) {
    EXPECT_TRUE(glob_matches_path(pattern, path)) << pattern << " " << path;
  }
  for (const auto& [pattern, path] : {std::pair("*", "a/b"),
                                      {"a/*", "a/b/c"},
                                      {"a/**", "a"},
                                      {"a/**/b", "a/x"},
                                      {"**/b", "a/b/c"},
                                      {"a**", "a/b"},
                                      {"?", "/"},
                                      {"a/**/b/**/c", "a/b/x"}}) {
    EXPECT_FALSE(glob_matches_path(pattern, path)) << pattern << " " << path;
  }
}

class FindMatchingTest : public ::testing::Test {
 protected:
  FindMatchingTest() {
    EXPECT_TRUE(account_.create_container("box", {}));
    for (const char* key : {"a.csv", "b.csv", "b.txt", ".hidden.csv", "d/x.csv", "d/e/y.csv",
                            "d2/x.csv", "d2/.h/z.csv", "odd[1].csv", ".aloft/jobs/x.csv"}) {
      const Metadata none;
      const PutRequest request{.key = key, .content = testing::bytes("x"), .metadata = none};
      EXPECT_TRUE(account_.container("box")->put(request, {}));
    }
  }
  std::vector<std::string> find(std::string_view pattern) {
    ObjectTree tree(account_.container("box"));
    return find_matching(tree, pattern, {}).value();
  }
  MemoryAccount account_;
};

TEST_F(FindMatchingTest, ReadsWhatWildcardsStandFor) {
  EXPECT_THAT(find("*.csv"), ElementsAre("a.csv", "b.csv", "odd[1].csv"));
  EXPECT_THAT(find("[ab].*"), ElementsAre("a.csv", "b.csv", "b.txt"));
  EXPECT_THAT(find("d*/x.csv"), ElementsAre("d/x.csv", "d2/x.csv"));
  EXPECT_THAT(find("d*/*/*"), ElementsAre("d/e/y.csv"));
  EXPECT_THAT(find("d*"), ElementsAre("d", "d2"));
  EXPECT_THAT(find("./d/../d/*"), ElementsAre("d/e", "d/x.csv"));
}

TEST_F(FindMatchingTest, FindsNamesWithADotOnlyWhereTheyAreMeant) {
  EXPECT_THAT(find(".*"), ElementsAre(".hidden.csv"));
  EXPECT_THAT(find("d2/.h/*"), ElementsAre("d2/.h/z.csv"));
  EXPECT_THAT(find("d2/.?/*"), ElementsAre("d2/.h/z.csv"));
}

TEST_F(FindMatchingTest, FindsAnyDepthByTwoStars) {
  EXPECT_THAT(find("**/*.csv"),
              ElementsAre("a.csv", "b.csv", "d/e/y.csv", "d/x.csv", "d2/x.csv", "odd[1].csv"));
  EXPECT_THAT(find("d/**"), ElementsAre("d/e", "d/e/y.csv", "d/x.csv"));
}

TEST_F(FindMatchingTest, FindsDirectoriesAloneByAFinalSlash) {
  EXPECT_THAT(find("*/"), ElementsAre("d/", "d2/"));
}

TEST_F(FindMatchingTest, FindsNothingWhereNothingIs) {
  EXPECT_THAT(find("*.pdf"), IsEmpty());
  EXPECT_THAT(find("none/*"), IsEmpty());
  EXPECT_THAT(find("a.csv/*"), IsEmpty());
  EXPECT_THAT(find("*/none"), IsEmpty());
}

TEST(FindMatching, FailsWhereTheContainerIsMissing) {
  MemoryAccount account;
  ObjectTree tree(account.container("none"));
  const auto found = find_matching(tree, "*.csv", {});
  EXPECT_TRUE(!found || found->empty());
}

}  // namespace
}  // namespace aloft::transfer
