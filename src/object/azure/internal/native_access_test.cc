// SPDX-License-Identifier: Apache-2.0
#include "object/azure/internal/native_access.h"

#include <gtest/gtest.h>

namespace aloft::internal {
namespace {

TEST(NativeAccess, StandsForTheStandardKeys) {
  const Metadata metadata{{"permissions", "33184"},
                          {"posix_owner", "1000"},
                          {"posix_group", "100"},
                          {"modtime", "1"},
                          {"colour", "blue"}};
  const auto access = access_of(metadata, AccessKept::all);
  ASSERT_TRUE(access);
  EXPECT_EQ(access->permissions, "0640");
  EXPECT_EQ(access->owner, "1000");
  EXPECT_EQ(access->group, "100");
  const Metadata others{{"modtime", "1"}, {"colour", "blue"}};
  EXPECT_EQ(without_access(metadata, *access), others);
  Metadata shown = others;
  show_access("1000", "100", "rw-r-----", shown);
  EXPECT_EQ(shown, metadata);
}

TEST(NativeAccess, LeavesIdsInTheMetadataWhereTheServiceTakesNone) {
  const Metadata metadata{{"permissions", "16877"}, {"posix_owner", "1000"}};
  const auto access = access_of(metadata, AccessKept::permissions);
  ASSERT_TRUE(access);
  EXPECT_EQ(access->permissions, "0755");
  EXPECT_EQ(access->owner, "");
  EXPECT_EQ(without_access(metadata, *access), (Metadata{{"posix_owner", "1000"}}));
  EXPECT_FALSE(access_of(metadata, AccessKept::nothing));
}

TEST(NativeAccess, IsOnlyThatOfPlainFilesAndDirectories) {
  for (const char* mode : {"41471", "35309", "34285", "x", "0644", "99999999999"}) {
    EXPECT_FALSE(access_of({{"permissions", mode}}, AccessKept::all)) << mode;
  }
  EXPECT_FALSE(access_of({{"posix_owner", "1"}}, AccessKept::all));
  EXPECT_FALSE(access_of({{"permissions", "33188"}, {"owner", "1"}}, AccessKept::all));
  EXPECT_EQ(access_of({{"permissions", "17407"}}, AccessKept::all)->permissions, "1777");
}

TEST(NativeAccess, ShowsWhatTheMetadataDoNotSay) {
  Metadata directory{{std::string(kDirectoryKey), "true"}};
  show_access("$superuser", "7a9c6d7e-0000-4f6e-9d3a-000000000000", "rwxr-x--T+", directory);
  EXPECT_EQ(directory, (Metadata{{std::string(kDirectoryKey), "true"}, {"permissions", "17384"}}));
  for (const Metadata& said :
       {Metadata{{"permissions", "33188"}, {"posix_owner", "1"}, {"posix_group", "2"}},
        Metadata{{"mode", "100644"}, {"uid", "1"}, {"gid", "2"}}, Metadata{{"owner", "1"}}}) {
    Metadata shown = said;
    show_access("1000", "1000", "rwxrwxrwx", shown);
    EXPECT_EQ(shown, said);
  }
  for (const char* senseless : {"", "rwx", "rwxrwxrwxx", "xwrxwrxwr", "0644"}) {
    Metadata none;
    show_access("", "", senseless, none);
    EXPECT_TRUE(none.empty()) << senseless;
  }
}

}  // namespace
}  // namespace aloft::internal
