// SPDX-License-Identifier: Apache-2.0
#include "format/content_version.h"

#include <gtest/gtest.h>

namespace aloft::format {
namespace {

TEST(ContentVersion, IsTheStoredOneOrTheEtag) {
  EXPECT_EQ(content_version({.metadata = {{"Aloft_Content", "v1"}}}), "v1");
  EXPECT_EQ(content_version({.etag = "\"0x8D\""}), "etag:0x8D");
}

TEST(ContentVersion, OutlivesAWriteOfAttributesOnAnObjectThatNobodyOfUsWrote) {
  const ObjectInfo before{.size_bytes = 3, .etag = "\"1\""};
  ObjectInfo after{.size_bytes = 3, .etag = "\"2\"", .metadata = {{"permissions", "33188"}}};
  EXPECT_FALSE(same_content(before, after)) << "another etag proves nothing";
  keep_content_version(before, after.metadata);
  EXPECT_TRUE(same_content(before, after));
}

TEST(ContentVersion, IsNotFooledByToolsThatKeepForeignMetadata) {
  const ObjectInfo ours{.size_bytes = 3, .etag = "1", .metadata = {{"aloft_content", "v1"}}};
  ObjectInfo theirs = ours;
  theirs.etag = "2";
  EXPECT_TRUE(same_content(ours, theirs));
  theirs.size_bytes = 4;
  EXPECT_FALSE(same_content(ours, theirs));
}

}  // namespace
}  // namespace aloft::format
