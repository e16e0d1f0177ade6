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
    index_.apply(ChangeBlob{
        .container = box_, .name = name, .items = {{.blob = blob}}, .keeps_staged = keeps_staged});
  }
  void put_past(const Blob& blob) {
    const Stamp key = blob.snapshot != 0 ? blob.snapshot : blob.version != 0 ? blob.version : 99;
    index_.apply(ChangeBlob{.container = box_,
                            .name = blob.name,
                            .items = {{.key = key, .blob = std::make_shared<const Blob>(blob)}},
                            .keeps_staged = true});
  }
  static std::string describe(const ListEntry& entry) {
    if (!entry.blob) return entry.name + "* ";
    const auto mark = [](const char* sign, Stamp stamp) {
      return stamp != 0 ? sign + std::to_string(stamp) : std::string();
    };
    return entry.name + mark("@", entry.blob->snapshot) + mark("#", entry.blob->version) +
           (entry.blob->deletion ? "-" : "") + (entry.has_versions_only ? "? " : " ");
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
    for (ListPosition from;;) {
      request.from = from;
      const ListPage page = index_.list_blobs("box", request).value();
      EXPECT_LE(page.entries.size(), request.entries_max);
      for (const ListEntry& entry : page.entries) names += describe(entry);
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

TEST_F(IndexTest, ListsWhatIsPastOnlyWhereAsked) {
  const Deletion deletion{};
  put_past({.name = "a", .snapshot = 1});
  put_past({.name = "a", .snapshot = 2, .deletion = deletion});
  put_past({.name = "a", .version = 3});
  put("a");
  put_past({.name = "d/x", .version = 4});
  put_past({.name = "d/x", .version = 5, .deletion = deletion});
  put_past({.name = "e/x", .deletion = deletion});
  put("f");
  for (const std::size_t size : {1u, 2u, 100u}) {
    EXPECT_EQ(list({.entries_max = size}), "a f ") << size;
    EXPECT_EQ(list({.entries_max = size, .snapshots = true}), "a@1 a f ") << size;
    EXPECT_EQ(list({.entries_max = size, .versions = true}), "a#3 a d/x#4 f ") << size;
    EXPECT_EQ(list({.entries_max = size, .deleted = true}), "a e/x- f ") << size;
    EXPECT_EQ(list({.entries_max = size, .snapshots = true, .versions = true, .deleted = true}),
              "a@1 a@2- a#3 a d/x#4 d/x#5- e/x- f ")
        << size;
    EXPECT_EQ(list({.entries_max = size, .deleted_with_versions = true}), "a d/x#4? f ") << size;
    EXPECT_EQ(list({.delimiter = "/", .entries_max = size, .deleted = true}), "a e/* f ") << size;
    EXPECT_EQ(list({.delimiter = "/", .entries_max = size, .versions = true}), "a#3 a d/* f ")
        << size;
  }
}

TEST_F(IndexTest, ADeletedContainerLeavesItsNameAndComesBackWithAllThatWasInIt) {
  put("kept");
  Container deleted{.id = 1, .name = "box", .deletion = Deletion{}};
  index_.apply(PutContainer{deleted});
  EXPECT_EQ(index_.find_container("box"), nullptr);
  EXPECT_EQ(index_.deleted_containers().size(), 1u);
  deleted.deletion.reset();
  index_.apply(PutContainer{deleted});
  EXPECT_EQ(list({}), "kept ");
  EXPECT_TRUE(index_.deleted_containers().empty());
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
  EXPECT_FALSE(index_.apply(ChangeBlob{.container = box_, .name = "a", .items = {}}));
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
