// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include "posix/testing/file_system_test.h"

namespace aloft::posix {
namespace {

using ::testing::IsEmpty;
using testing::Mounted;
using RenamingTest = testing::FileSystemTest;

TEST_F(RenamingTest, ServesAnOpenFileAfterItsNameIsGone) {
  ASSERT_OK(mount_.write("f", "content"));
  const auto handle = mount_.open("f", O_RDWR);
  ASSERT_OK(mount_.unlink("f"));
  EXPECT_ERRNO(ENOENT, mount_.find("f"));
  EXPECT_THAT(*mount_.list(""), IsEmpty());
  EXPECT_EQ(mount_.read(*handle, 0, 100), "content");
  ASSERT_OK(mount_.write(*handle, 0, "C"));
  EXPECT_EQ(mount_.read(*handle, 0, 100), "Content");
  ASSERT_OK(mount_.write("f", "another file"));
  EXPECT_EQ(mount_.read(*handle, 0, 100), "Content");
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("f"), "another file");
  EXPECT_THAT(cloud_.store()->list({}, {})->objects, ::testing::SizeIs(1)) << "no orphan is left";
}

TEST_F(RenamingTest, RenamesFilesWithAllTheyHave) {
  ASSERT_TRUE(cloud_.put("f", "x", {{"project", "p"}, {"permissions", "33152"}}));
  ASSERT_OK(mount_.mkdir("d"));
  ASSERT_OK(mount_.rename("f", "d/g"));
  EXPECT_ERRNO(ENOENT, mount_.find("f"));
  EXPECT_EQ(mount_.read("d/g"), "x");
  EXPECT_EQ(stored("d/g", "project"), "p");
  EXPECT_EQ(stored("d/g", "permissions"), "33152");
  ASSERT_OK(mount_.write("h", "y"));
  EXPECT_ERRNO(EEXIST, mount_.rename("h", "d/g", RENAME_NOREPLACE));
  ASSERT_OK(mount_.rename("h", "d/g"));
  EXPECT_EQ(mount_.read("d/g"), "y");
  ASSERT_OK(mount_.rename("d/g", "d/g"));
  EXPECT_EQ(mount_.read("d/g"), "y");
  EXPECT_ERRNO(EISDIR, mount_.rename("d/g", "d"));
  EXPECT_ERRNO(ENOENT, mount_.rename("absent", "z"));
}

TEST_F(RenamingTest, RenamesAFileThatIsStillBeingWritten) {
  const auto handle = mount_.open("f.tmp", O_RDWR | O_CREAT);
  ASSERT_OK(mount_.write(*handle, 0, "half"));
  ASSERT_OK(mount_.rename("f.tmp", "f"));
  EXPECT_EQ(cloud_.content("f"), "half");
  ASSERT_OK(mount_.write(*handle, 4, " and half"));
  EXPECT_EQ(mount_.read(*handle, 0, 100), "half and half");
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("f"), "half and half");
  EXPECT_FALSE(cloud_.store()->head("f.tmp", {}));
}

TEST_F(RenamingTest, ReplacesAnOpenFileWithoutTakingItFromItsReaders) {
  ASSERT_OK(mount_.write("f", "old"));
  ASSERT_OK(mount_.write("g", "new"));
  const auto reader = mount_.open("f", O_RDONLY);
  ASSERT_OK(mount_.rename("g", "f"));
  EXPECT_EQ(mount_.read(*reader, 0, 10), "old");
  EXPECT_EQ(mount_.read("f"), "new");
  ASSERT_OK(mount_.close(*reader));
}

TEST_F(RenamingTest, LeavesAFileInItsContainer) {
  ASSERT_TRUE(cloud_.account.create_container("other", {}));
  ASSERT_TRUE(cloud_.put("f", "x"));
  FileSystem catalogue(
      options({.root = ""}),
      [&](std::string_view) -> Result<std::shared_ptr<ObjectAccount>> { return cloud_.seen; });
  ASSERT_OK(catalogue.start({}));
  const auto enter = [&](InodeId directory, const char* name) {
    return catalogue.lookup(directory, name, {})->inode;
  };
  const InodeId cloud = enter(enter(kRootInode, "az"), "cloud");
  const auto renamed =
      catalogue.rename(enter(cloud, "data"), "f", enter(cloud, "other"), "f", 0, {});
  EXPECT_ERRNO(EXDEV, renamed) << "so that mv copies";
  EXPECT_EQ(cloud_.content("f"), "x");
}

TEST_F(RenamingTest, LeavesBothNamesWhenARenameIsCutOff) {
  ASSERT_OK(mount_.write("f", "x"));
  *cloud_.watch.before.lock() = [](std::string_view request, std::string_view) {
    return request == "remove" ? std::optional(Error{ErrorCode::unavailable, "killed"})
                               : std::nullopt;
  };
  EXPECT_ERRNO(EIO, mount_.rename("f", "g"));
  *cloud_.watch.before.lock() = nullptr;
  Mounted other(cloud_, options());
  EXPECT_EQ(other.read("f"), "x");
  EXPECT_EQ(other.read("g"), "x");
}

}  // namespace
}  // namespace aloft::posix
