// SPDX-License-Identifier: Apache-2.0
#include "enter/mount_table.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/temporary_directory.h"

namespace aloft::enter {
namespace {

TEST(MountTable, ReadsDirectoryTypeAndSource) {
  const auto mounts = parse_mount_table(
      "22 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw\n"
      "30 22 0:5 / /mnt/my\\040data rw - fuse.aloft az://acc/b rw,user_id=0\n"
      "nonsense\n"
      "31 22 0:5 / /x rw -\n");
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[0].directory, "/");
  EXPECT_EQ(mounts[0].type, "ext4");
  EXPECT_EQ(mounts[1].directory, "/mnt/my data");
  EXPECT_EQ(mounts[1].type, "fuse.aloft");
  EXPECT_EQ(mounts[1].source, "az://acc/b");
}

TEST(MountTable, FindsNothingOfAloftInAnOrdinaryDirectory) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(find_aloft_mount(directory.path()).value());
  EXPECT_FALSE(find_aloft_mount("/").value());
}

TEST(MountTable, ResolvesAMountPoint) {
  const TemporaryDirectory directory;
  EXPECT_EQ(resolve_mount_point(directory.path() + "/.").value(), directory.path());
  EXPECT_EQ(resolve_mount_point(directory.path() + "/none").error().os_errno, ENOENT);
}

}  // namespace
}  // namespace aloft::enter
