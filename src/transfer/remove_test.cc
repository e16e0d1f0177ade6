// SPDX-License-Identifier: Apache-2.0
#include "transfer/remove.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "object/memory_account.h"
#include "transfer/testing/files.h"

namespace aloft::transfer {

namespace {

TEST(RemoveTest, TakesBothMarkersOfADirectory) {
  MemoryAccount account;
  ASSERT_TRUE(account.create_container("box", {}));
  const auto store = account.container("box");
  for (const char* key : {"d", "d/", "d/e", "d/e/", "only/", "d/e/f"}) {
    const bool marker = std::string_view(key) == "d" || std::string_view(key) == "d/e";
    const Metadata metadata = marker ? Metadata{{"hdi_isfolder", "true"}} : Metadata{};
    ASSERT_TRUE(store->put({.key = key, .content = {}, .metadata = metadata}, {}));
  }
  ObjectTree tree(store);
  for (const char* path : {"d", "only"}) {
    const auto removed = remove_tree(tree, tree.look(path, {}).value(), {}, {});
    ASSERT_TRUE(removed);
    EXPECT_TRUE(removed->failures.empty());
  }
  EXPECT_THAT(store->list({}, {}).value().objects, ::testing::IsEmpty());
}

TEST(RemoveTest, KeepsDirectoriesWithoutMarkersWhereASelectionLeavesThem) {
  MemoryAccount account;
  ASSERT_TRUE(account.create_container("box", {}));
  const auto store = account.container("box");
  const Metadata none;
  for (const char* key :
       {"r/1.tmp", "r/2.tmp", "r/a/b/3.tmp", "r/c/4.csv", "r/c/5.tmp", "r/e/6.csv"}) {
    ASSERT_TRUE(store->put({.key = key, .content = {}, .metadata = none}, {}));
  }
  ObjectTree tree(store);
  const auto only_tmp = Selection::of({{Selection::Effect::include, "*.tmp"}}).value();
  const auto removed = remove_tree(tree, tree.look("r", {}).value(), {.selection = only_tmp}, {});
  ASSERT_TRUE(removed);
  EXPECT_TRUE(removed->failures.empty()) << removed->failures.front().error.message;
  EXPECT_EQ(removed->files, 4u);
  EXPECT_EQ(testing::contents(tree, "r"), (testing::Snapshot{{"a", "directory"},
                                                             {"a/b", "directory"},
                                                             {"c", "directory"},
                                                             {"c/4.csv", "file "},
                                                             {"e", "directory"},
                                                             {"e/6.csv", "file "}}));
  EXPECT_FALSE(store->head("r/e", {})) << "it loses nothing";
}

TEST(RemoveTest, EmptiesDirectoriesBeforeItRemovesThem) {
  MemoryAccount account("memory", system_clock(), true);
  ASSERT_TRUE(account.create_container("box", {}));
  const auto store = account.container("box");
  const Metadata none;
  for (const char* key : {"d/e/f/g", "d/e/x", "d/y", "d/z/1", "d/z/2"}) {
    ASSERT_TRUE(store->put({.key = key, .content = {}, .metadata = none}, {}));
  }
  ObjectTree tree(store);
  const auto removed = remove_tree(tree, tree.look("d", {}).value(), {}, {});
  ASSERT_TRUE(removed);
  EXPECT_TRUE(removed->failures.empty()) << removed->failures.front().error.message;
  EXPECT_EQ(removed->directories, 4u);
  EXPECT_THAT(store->list({}, {}).value().objects, ::testing::IsEmpty());
}

}  // namespace

}  // namespace aloft::transfer
