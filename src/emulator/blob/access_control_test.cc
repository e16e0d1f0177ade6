// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/access_control.h"

#include <gtest/gtest.h>

namespace aloft::emulator::blob {
namespace {

AccessControl made(const AccessControl& parent, const NewAccess& wanted, bool is_directory) {
  return new_access(parent, wanted, is_directory).value();
}

TEST(AccessControl, PermissionsAreOctalOrSymbolic) {
  EXPECT_EQ(parse_permissions("0750")->mode, 0750u);
  EXPECT_TRUE(parse_permissions("1750")->is_sticky);
  EXPECT_EQ(parse_permissions("rwxr-x---")->mode, 0750u);
  EXPECT_EQ(parse_permissions("rwxr-x--t+")->mode, 0751u);
  EXPECT_TRUE(parse_permissions("rwxr-x--T")->is_sticky);
  for (const char* text : {"", "8750", "rwx", "4755", "rwxr-x--z", "wrxr-x---"}) {
    EXPECT_FALSE(parse_permissions(text)) << text;
  }
}

TEST(AccessControl, AnAclComesBackInItsOrder) {
  const auto acl = parse_acl("other::---,user:b:r--,default:user::rwx,user::rwx,group::r-x");
  ASSERT_TRUE(acl);
  const AccessControl access = with_acl(root_access("me"), *acl, AclEdit::set, true).value();
  EXPECT_EQ(format_acl(access.acl),
            "user::rwx,user:b:r--,group::r-x,mask::r-x,other::---,"
            "default:user::rwx,default:group::r-x,default:other::---");
  EXPECT_EQ(format_permissions(access), "rwxr-x---+");
  for (const char* text :
       {"", "user::", "user::rwxx", "mask:a:rwx", "user::rwx,user::r--", "me::rwx"}) {
    EXPECT_FALSE(parse_acl(text)) << text;
  }
}

TEST(AccessControl, WhatIsMadeGetsItsGroupFromTheParentAndTheUmask) {
  AccessControl parent = root_access("root");
  parent.group = "staff";
  const AccessControl file = made(parent, {.creator = "me"}, false);
  EXPECT_EQ(file.owner, "me");
  EXPECT_EQ(file.group, "staff");
  EXPECT_EQ(format_permissions(file), "rw-r-----");
  EXPECT_EQ(format_permissions(made(parent, {}, true)), "rwxr-x---");
  EXPECT_EQ(format_permissions(
                made(parent, {.permissions = parse_permissions("0777"), .umask = 0022u}, true)),
            "rwxr-xr-x");
}

TEST(AccessControl, ADefaultAclIsInheritedInPlaceOfTheUmask) {
  const AccessControl parent =
      with_acl(root_access("root"), *parse_acl("default:user:a:rwx,default:other::r-x"),
               AclEdit::modify, true)
          .value();
  const AccessControl directory = made(parent, {}, true);
  EXPECT_EQ(format_acl(directory.acl),
            "user::rwx,user:a:rwx,group::r-x,mask::rwx,other::r-x,default:user::rwx,"
            "default:user:a:rwx,default:group::r-x,default:mask::rwx,default:other::r-x");
  const AccessControl file = made(parent, {.permissions = parse_permissions("0640")}, false);
  EXPECT_EQ(format_acl(file.acl), "user::rw-,user:a:rwx,group::r-x,mask::r--,other::---");
}

TEST(AccessControl, AModeSetsTheMaskWhereThereIsOne) {
  AccessControl access =
      with_acl(root_access("me"), *parse_acl("user:a:rwx"), AclEdit::modify, false).value();
  access = with_permissions(std::move(access), *parse_permissions("0711"));
  EXPECT_EQ(format_acl(access.acl), "user::rwx,user:a:rwx,group::r-x,mask::--x,other::--x");
}

TEST(AccessControl, EntriesAreRemovedButNotTheOwners) {
  const AccessControl access =
      with_acl(root_access("me"), *parse_acl("user:a:rwx,default:user:a:rwx"), AclEdit::modify,
               true)
          .value();
  const auto removed =
      with_acl(access, *parse_acl("user:a,mask,default:user:a", AclText::without_bits),
               AclEdit::remove, true);
  ASSERT_TRUE(removed);
  EXPECT_EQ(format_acl(removed->acl).substr(0, 34), "user::rwx,group::r-x,other::---,de");
  EXPECT_FALSE(with_acl(access, *parse_acl("user:", AclText::without_bits), AclEdit::remove, true));
}

}  // namespace
}  // namespace aloft::emulator::blob
