// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/index.h"

#include <gtest/gtest.h>

namespace aloft::emulator::blob {
namespace {

class IndexTest : public testing::Test {
 protected:
  IndexTest() { index_.apply(PutContainer{Container{.id = 1, .name = "box"}}); }
  void put(const std::string& name, bool keeps_staged = false) {
    auto blob = std::make_shared<Blob>();
    blob->name = name;
    index_.apply(PutBlob{.container = box_, .blob = blob, .keeps_staged = keeps_staged});
  }
  void stage(const std::string& blob, const std::string& id, std::int64_t at = 0) {
    index_.apply(StageBlock{.container = box_,
                            .blob_name = blob,
                            .block = {.id = id, .slices = {}, .size_bytes = 0},
                            .staged_at = Seconds(std::chrono::seconds(at))});
  }
  /// All pages, names joined; prefixes end with their delimiter.
  std::string list(ListRequest request) {
    std::string names;
    for (std::string from;;) {
      request.from = from;
      const ListPage page = index_.list_blobs("box", request).value();
      EXPECT_LE(page.entries.size(), request.entries_max);
      for (const ListEntry& entry : page.entries) names += entry.name + (entry.blob ? " " : "* ");
      if (!page.next) return names;
      from = *page.next;
    }
  }
  Index index_;
  const ContainerRef box_{.id = 1, .name = "box"};
};

TEST_F(IndexTest, ListsInByteOrderWhateverThePageSize) {
  for (const char* name : {"b", "a/2", "a", "a/1", "a-", "c/x/y", "\xc3\xa9"}) put(name);
  for (const std::size_t size : {1u, 2u, 3u, 100u}) {
    EXPECT_EQ(list({.entries_max = size}), "a a- a/1 a/2 b c/x/y \xc3\xa9 ") << size;
    EXPECT_EQ(list({.delimiter = "/", .entries_max = size}), "a a- a/* b c/* \xc3\xa9 ") << size;
    EXPECT_EQ(list({.prefix = "a/", .delimiter = "/", .entries_max = size}), "a/1 a/2 ") << size;
    EXPECT_EQ(list({.prefix = "c/x", .entries_max = size}), "c/x/y ") << size;
    EXPECT_EQ(list({.prefix = "d", .entries_max = size}), "") << size;
  }
}

TEST_F(IndexTest, ListsUncommittedNamesWhereAsked) {
  put("b");
  stage("a", "1");
  stage("b", "1");
  stage("c/d", "1");
  EXPECT_EQ(list({}), "b ");
  EXPECT_EQ(list({.entries_max = 1, .uncommitted = true}), "a* b c/d* ");
  EXPECT_EQ(list({.delimiter = "/", .uncommitted = true}), "a* b c/* ");
}

TEST_F(IndexTest, ANewVersionOfContentForgetsWhatIsStaged) {
  stage("a", "1");
  put("a", true);
  EXPECT_EQ(index_.staged_summary("box", "a").count, 1u);
  put("a");
  EXPECT_EQ(index_.staged_summary("box", "a").count, 0u);
}

TEST_F(IndexTest, ChangesToAContainerThatIsGoneDoNothing) {
  EXPECT_TRUE(index_.apply(DropContainer{box_}));
  index_.apply(PutContainer{Container{.id = 2, .name = "box"}});
  EXPECT_FALSE(index_.apply(PutBlob{.container = box_, .blob = std::make_shared<Blob>()}));
  EXPECT_FALSE(index_.apply(DropBlob{.container = box_, .name = "a"}));
  EXPECT_EQ(list({}), "");
}

TEST_F(IndexTest, KnowsWhatNobodyHasStagedForInTime) {
  stage("old", "1", 10);
  stage("renewed", "1", 10);
  stage("renewed", "2", 20);
  const auto expired = index_.staged_before(Seconds(std::chrono::seconds(20)));
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].blob_name, "old");
}

}  // namespace
}  // namespace aloft::emulator::blob
