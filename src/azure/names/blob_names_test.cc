// SPDX-License-Identifier: Apache-2.0
#include "azure/names/blob_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aloft::azure {
namespace {

using testing::HasSubstr;

TEST(BlobNames, TakesContainerNamesThatTheServiceTakes) {
  for (const char* name : {"abc", "a-b", "demo", "0123", "a-b-c-d", "$root", "$web", "$logs"}) {
    EXPECT_TRUE(check_container_name(name)) << name;
  }
  EXPECT_TRUE(check_container_name(std::string(63, 'a')));
}

TEST(BlobNames, RefusesContainerNamesThatTheServiceRefuses) {
  for (const char* name : {"", "ab", "Abc", "a_b", "-ab", "ab-", "a--b", "a.b", "$rot", "a/b"}) {
    EXPECT_FALSE(check_container_name(name)) << name;
  }
  EXPECT_FALSE(check_container_name(std::string(64, 'a')));
}

TEST(BlobNames, TakesAnyTextThatTheServiceKeepsAsItIs) {
  for (const char* key : {"a", "a/b", "a//b", "a/", "/a", " a ", "100%", "a+b?c#d&e=f",
                          "ä/日本/🧬", ".hidden", "a.b", "..a", "~!@$^*()[]{}|;:'\"<>,`"}) {
    EXPECT_TRUE(check_key(key)) << key;
  }
  EXPECT_TRUE(check_key(std::string(1024, 'x')));
}

TEST(BlobNames, RefusesKeysThatTheServiceRefusesOrBends) {
  for (const char* key : {"", ".", "..", "a.", "a./b", "a/../b", "a\\b", "a\nb", "a\x7f", "\xff",
                          "a\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xef\xbf\xbf"}) {
    EXPECT_FALSE(check_key(key)) << key;
  }
  EXPECT_FALSE(check_key(std::string(1025, 'x')));
  std::string deep = "x";
  for (int i = 0; i < 254; ++i) deep += "/x";
  EXPECT_FALSE(check_key(deep));
}

TEST(BlobNames, CountsCharactersAndNotBytes) {
  std::string umlauts;
  for (int i = 0; i < 1024; ++i) umlauts += "ä";
  EXPECT_TRUE(check_key(umlauts));
  EXPECT_FALSE(check_key(umlauts + "ä"));
}

TEST(BlobNames, SaysWhichNameBreaksWhichRule) {
  const auto checked = check_key("dir./file");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(checked.error().message, HasSubstr("dir./file"));
  EXPECT_THAT(checked.error().message, HasSubstr("ends with"));
}

TEST(BlobNames, KnowsMetadataThatSurvivesAsAHeader) {
  EXPECT_TRUE(check_metadata_name("posix_owner"));
  EXPECT_TRUE(check_metadata_name("_a1"));
  for (const char* name : {"", "1a", "a-b", "--symlink-target", "a b", "ä"}) {
    EXPECT_FALSE(check_metadata_name(name)) << name;
  }
  EXPECT_TRUE(check_metadata_value("a", ""));
  EXPECT_TRUE(check_metadata_value("a", "x y=z"));
  for (const char* value : {" a", "a ", "ä", "a\r\nx: y"}) {
    EXPECT_FALSE(check_metadata_value("a", value)) << value;
  }
}

TEST(BlobNames, KnowsAccountNames) {
  EXPECT_TRUE(check_account_name("devstoreaccount1"));
  for (const char* name : {"", "ab", "Abc", "a-b", "aaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_FALSE(check_account_name(name)) << name;
  }
}

}  // namespace
}  // namespace aloft::azure
