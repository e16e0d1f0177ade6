// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "posix/testing/file_system_test.h"

namespace aloft::posix {
namespace {

using ::testing::IsEmpty;
using testing::Mounted;
using DirectoriesTest = testing::FileSystemTest;

TEST_F(DirectoriesTest, ListsADirectoryWithAllAttributesByOneRequest) {
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(cloud_.put("d/" + std::to_string(i), "x"));
  cloud_.watch.reset();
  EXPECT_EQ(mount_.list("d")->size(), 300u);
  const auto before = cloud_.watch.total();
  for (int i = 0; i < 300; ++i) EXPECT_EQ(mount_.stat("d/" + std::to_string(i))->st_size, 1);
  EXPECT_EQ(cloud_.watch.total(), before) << "no request per entry";
  EXPECT_EQ(cloud_.watch.count("list"), 2u) << "the lookup of d and its listing";
}

TEST_F(DirectoriesTest, GoesOnReadingADirectoryWhereItStopped) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(cloud_.put("f" + std::to_string(i), ""));
  const auto handle = mount_->open_directory(kRootInode, {});
  std::vector<std::string> names;
  std::uint64_t offset = 0;
  for (bool more = true; more;) {
    int room = 3;
    more = false;
    ASSERT_OK(mount_->read_directory(*handle, offset,
                                     [&](const DirectoryEntry& entry) {
                                       if (room-- == 0) return more = true, false;
                                       names.emplace_back(entry.name);
                                       offset = entry.next_offset;
                                       return true;
                                     },
                                     {}));
  }
  mount_->close_directory(*handle);
  EXPECT_EQ(names.size(), 12u);
  EXPECT_EQ(names.back(), "f9");
}

TEST_F(DirectoriesTest, RemovesOnlyEmptyDirectories) {
  ASSERT_OK(mount_.mkdir("d"));
  EXPECT_ERRNO(EEXIST, mount_.mkdir("d"));
  ASSERT_OK(mount_.write("d/f", "x"));
  EXPECT_ERRNO(ENOTEMPTY, mount_.rmdir("d"));
  EXPECT_ERRNO(ENOTDIR, mount_.rmdir("d/f"));
  EXPECT_ERRNO(EISDIR, mount_.unlink("d"));
  ASSERT_OK(mount_.unlink("d/f"));
  ASSERT_OK(mount_.rmdir("d"));
  EXPECT_ERRNO(ENOENT, mount_.find("d"));
  EXPECT_FALSE(cloud_.store()->head("d", {}));
}

TEST_F(DirectoriesTest, CountsAFileThatIsNotCommittedYetAsAnEntry) {
  ASSERT_OK(mount_.mkdir("d"));
  const auto handle = mount_.open("d/f", O_WRONLY | O_CREAT);
  EXPECT_ERRNO(ENOTEMPTY, mount_.rmdir("d"));
  EXPECT_ERRNO(EEXIST, mount_.mkdir("d/f"));
  ASSERT_OK(mount_.unlink("d/f"));
  ASSERT_OK(mount_.rmdir("d"));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_FALSE(cloud_.store()->head("d/f", {})) << "it had no name any more";
}

TEST_F(DirectoriesTest, KeepsADirectoryThatOnlyKeysImpliedWhenItsLastNameGoes) {
  ASSERT_TRUE(cloud_.put("d/e/f", "x"));
  ASSERT_OK(mount_.unlink("d/e/f"));
  EXPECT_THAT(*mount_.list("d/e"), IsEmpty());
  Mounted other(cloud_, options());
  EXPECT_TRUE(S_ISDIR(other.stat("d/e")->st_mode));
  ASSERT_OK(mount_.rmdir("d/e"));
  EXPECT_THAT(*Mounted(cloud_, options()).list("d"), IsEmpty());
}

TEST_F(DirectoriesTest, RenamesOnlyEmptyDirectories) {
  ASSERT_OK(mount_.mkdir("d"));
  ASSERT_OK(mount_.change("d", {.mode = 0700}));
  ASSERT_OK(mount_.rename("d", "e"));
  EXPECT_EQ(mount_.stat("e")->st_mode, mode_t{S_IFDIR | 0700});
  EXPECT_ERRNO(ENOENT, mount_.find("d"));
  ASSERT_OK(mount_.write("e/f", "x"));
  EXPECT_ERRNO(EOPNOTSUPP, mount_.rename("e", "d"));
  ASSERT_OK(mount_.mkdir("full"));
  EXPECT_ERRNO(EINVAL, mount_.rename("full", "full/below"));
  EXPECT_ERRNO(ENOTEMPTY, mount_.rename("full", "e"));
  EXPECT_ERRNO(ENOTDIR, mount_.rename("full", "e/f"));
}

}  // namespace
}  // namespace aloft::posix
