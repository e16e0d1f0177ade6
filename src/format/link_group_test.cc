// SPDX-License-Identifier: Apache-2.0
#include "format/link_group.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "object/memory_account.h"

namespace aloft::format {
namespace {

ObjectInfo linked(std::string id, std::string version) {
  return {.size_bytes = 7, .metadata = {{"aloft_link", id}, {"aloft_content", version}}};
}

TEST(LinkGroup, IsNamedByItsFirstKeyAlone) {
  EXPECT_EQ(link_group_id("a"), link_group_id("a"));
  EXPECT_NE(link_group_id("a"), link_group_id("b"));
  EXPECT_EQ(link_group_id("a").size(), 32u);
}

TEST(LinkGroup, HasNamesOfOneContentOnly) {
  const std::string key = link_group_key(linked("x", "1"));
  EXPECT_FALSE(key.empty());
  EXPECT_EQ(link_group_key(linked("x", "1")), key);
  EXPECT_NE(link_group_key(linked("y", "1")), key);
  EXPECT_NE(link_group_key(linked("x", "2")), key) << "a mount wrote to one name";
  ObjectInfo rewritten = linked("x", "1");
  rewritten.properties.content_md5 = "other";
  EXPECT_NE(link_group_key(rewritten), key) << "by a tool that kept the metadata";
  ObjectInfo appended = linked("x", "1");
  appended.kind = ObjectKind::append;
  EXPECT_NE(link_group_key(appended), key) << "which keeps its metadata as it grows";
  EXPECT_EQ(link_group_key({.metadata = {{"aloft_link", "x"}}}), "") << "of no known content";
  EXPECT_EQ(link_group_key({.metadata = {{"aloft_content", "1"}}}), "");
}

TEST(LinkGroup, IsRecordedInTheHiddenArea) {
  MemoryAccount account;
  ASSERT_TRUE(account.create_container("box", {}));
  const auto store = account.container("box");
  const std::vector<std::string> keys{"d/one", "two \"quoted\"", "latin\xE9"};
  ASSERT_TRUE(write_link_record(*store, {.id = "x", .content_version = "1", .keys = keys}, {}));
  std::string text(store->head(".aloft/links/x", {}).value().size_bytes, '\0');
  ASSERT_TRUE(store->read({.key = ".aloft/links/x", .range = {0, text.size()}},
                          std::as_writable_bytes(std::span(text)), {}));
  const auto record = nlohmann::json::parse(text);
  EXPECT_EQ(record["version"], 1);
  EXPECT_EQ(record["content"], "1");
  EXPECT_EQ(record["names"][0], "d/one");
  EXPECT_EQ(record["names"][1], "two \"quoted\"");
  EXPECT_EQ(record["names"].size(), 3u);
}

}  // namespace
}  // namespace aloft::format
