// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "posix/testing/file_system_test.h"

namespace aloft::posix {
namespace {

using ::testing::ElementsAre;
using testing::kCaller;
using testing::Mounted;
using AttributesTest = testing::FileSystemTest;

TEST_F(AttributesTest, KeepsModesTimesAndSymlinks) {
  ASSERT_OK(mount_.write("f", "x"));
  ASSERT_OK(mount_.change("f", {.mode = 0750, .mtime = timespec{1'700'000'000, 123'456'789}}));
  ASSERT_OK(mount_.symlink("../some where/f", "l"));
  Mounted other(cloud_, options());
  const auto file = other.stat("f");
  EXPECT_EQ(file->st_mode, mode_t{S_IFREG | 0750});
  EXPECT_EQ(file->st_mtim.tv_sec, 1'700'000'000);
  EXPECT_EQ(file->st_mtim.tv_nsec, 123'456'789);
  EXPECT_EQ(other.readlink("l"), "../some where/f");
  EXPECT_EQ(other.stat("l")->st_mode, mode_t{S_IFLNK | 0777});
  EXPECT_EQ(other.stat("l")->st_size, 15);
  EXPECT_ERRNO(EINVAL, other.readlink("f"));
}

TEST_F(AttributesTest, KeepsATimeThatWasSetOnAnOpenFile) {
  const auto handle = mount_.open("f", O_WRONLY | O_CREAT);
  ASSERT_OK(mount_.write(*handle, 0, "x"));
  cloud_.watch.reset();
  ASSERT_OK(mount_->set_attributes(mount_.find("f")->inode,
                                   {.mode = 0600, .mtime = timespec{1'600'000'000, 5}}, *handle,
                                   kCaller, {}));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.watch.total(), 1u) << "content and attributes in one put";
  EXPECT_EQ(stored("f", "modtime"), "1600000000000000005");
  EXPECT_EQ(stored("f", "permissions"), "33152");
}

TEST_F(AttributesTest, ShowsSquashedIdsAndKeepsTheStoredOnes) {
  ASSERT_TRUE(cloud_.put(
      "f", "x", {{"posix_owner", "4242"}, {"posix_group", "77"}, {"permissions", "33188"}}));
  Mounted squash(cloud_,
                 options({.ids = {.mode = IdMapping::Mode::squash, .uid = 1000, .gid = 1000}}));
  EXPECT_EQ(squash.stat("f")->st_uid, uid_t{1000});
  ASSERT_OK(squash.change("f", {.mode = 0600, .uid = 1000, .gid = 1000}));
  ASSERT_OK(squash.append("f", "y"));
  EXPECT_EQ(stored("f", "posix_owner"), "4242");
  EXPECT_EQ(stored("f", "posix_group"), "77");
  EXPECT_ERRNO(EPERM, squash.change("f", {.uid = 0}));
  EXPECT_EQ(mount_.stat("f")->st_uid, uid_t{4242});
  ASSERT_OK(mount_.change("f", {.uid = 5}));
  EXPECT_EQ(stored("f", "posix_owner"), "5");
}

TEST_F(AttributesTest, GivesAnImpliedDirectoryAnObjectWhenItsAttributesChange) {
  ASSERT_TRUE(cloud_.put("d/f", "x"));
  ASSERT_OK(mount_.change("d", {.mode = 0700}));
  EXPECT_EQ(stored("d", "hdi_isfolder"), "true");
  EXPECT_EQ(Mounted(cloud_, options()).stat("d")->st_mode, mode_t{S_IFDIR | 0700});
}

TEST_F(AttributesTest, ChangesTheTopOfAMountThatIsADirectory) {
  ASSERT_TRUE(cloud_.put("lab/f", "x"));
  Mounted lab(cloud_, options({.root = "cloud/data/lab"}));
  ASSERT_OK(lab->set_attributes(kRootInode, {.mode = 0700}, {}, kCaller, {}));
  EXPECT_THAT(*lab.list(""), ElementsAre("f"));
  EXPECT_EQ(stored("lab", "permissions"), "16832");
  EXPECT_ERRNO(EPERM, mount_->set_attributes(kRootInode, {.mode = 0700}, {}, kCaller, {}));
}

TEST_F(AttributesTest, MergesAttributesWithThoseOfSomebodyElse) {
  ASSERT_OK(mount_.write("f", "x"));
  Mounted other(cloud_, options());
  ASSERT_TRUE(other.stat("f"));
  ASSERT_OK(mount_.change("f", {.mode = 0600}));
  ASSERT_OK(other.change("f", {.mtime = timespec{7, 0}}));
  EXPECT_EQ(stored("f", "permissions"), "33152");
  EXPECT_EQ(stored("f", "modtime"), "7000000000");
}

TEST_F(AttributesTest, RefusesMetadataBeyondWhatTheServiceKeeps) {
  ASSERT_TRUE(cloud_.put("f", "x", {{"big", std::string(8150, 'x')}}));
  EXPECT_ERRNO(ENOSPC, mount_.change("f", {.mode = 0600}));
}

}  // namespace
}  // namespace aloft::posix
