// SPDX-License-Identifier: Apache-2.0
// Renaming in accounts whose keys are paths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <cerrno>
#include <string>

#include "posix/testing/file_system_test.h"

namespace aloft::posix {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Mounted;

class TreeRenamingTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kPart = 1024;

  Options options() {
    Options options{.memory_bytes = 64 * kPart, .part_size_bytes = kPart};
    options.clock = &clock_;
    return options;
  }
  std::vector<std::string> keys() {
    std::vector<std::string> keys;
    const auto page = cloud_.store()->list({}, {});
    for (const ObjectInfo& object : page->objects) keys.push_back(object.key);
    return keys;
  }

  FakeClock clock_;
  testing::Cloud cloud_{clock_, true};
  Mounted mount_{cloud_, options()};
};

TEST_F(TreeRenamingTest, RenamesADirectoryWithAllThatIsInIt) {
  ASSERT_OK(mount_.mkdir("d"));
  ASSERT_OK(mount_.mkdir("d/e"));
  ASSERT_OK(mount_.write("d/e/f", "content"));
  ASSERT_OK(mount_.mkdir("other"));
  ASSERT_OK(mount_.list("d"));
  ASSERT_OK(mount_.list("d/e"));
  const auto inode = mount_.find("d/e/f")->inode;
  cloud_.watch.reset();
  ASSERT_OK(mount_.rename("d", "other/n"));
  EXPECT_EQ(cloud_.watch.count("rename"), 1u);
  EXPECT_EQ(cloud_.watch.count("copy"), 0u);
  EXPECT_THAT(keys(), ElementsAre("other", "other/n", "other/n/e", "other/n/e/f"));
  EXPECT_ERRNO(ENOENT, mount_.find("d"));
  EXPECT_EQ(mount_.find("other/n/e/f")->inode, inode);
  EXPECT_EQ(mount_.read("other/n/e/f"), "content");
  ASSERT_OK(mount_.write("other/n/e/g", "more"));
  EXPECT_EQ(cloud_.content("other/n/e/g"), "more");
  EXPECT_THAT(*mount_.list("other/n/e"), ElementsAre("f", "g"));
  ASSERT_OK(mount_.unlink("other/n/e/f"));
  EXPECT_THAT(keys(), ElementsAre("other", "other/n", "other/n/e", "other/n/e/g"));
}

TEST_F(TreeRenamingTest, KeepsTheAttributesOfWhatIsRenamed) {
  ASSERT_OK(mount_.mkdir("d"));
  ASSERT_OK(mount_.change("d", {.mode = 0700}));
  ASSERT_OK(mount_.write("d/f", "x"));
  ASSERT_OK(mount_.change("d/f", {.mode = 0600}));
  ASSERT_OK(mount_.rename("d", "n"));
  EXPECT_EQ(mount_.stat("n")->st_mode, S_IFDIR | 0700u);
  EXPECT_EQ(mount_.stat("n/f")->st_mode, S_IFREG | 0600u);
  ASSERT_OK(mount_.change("n/f", {.mode = 0640}));
  EXPECT_EQ(cloud_.store()->head("n/f", {})->metadata.at("permissions"), "33184");
}

TEST_F(TreeRenamingTest, RefusesWhileAFileInItIsOpen) {
  ASSERT_OK(mount_.mkdir("d"));
  const auto handle = mount_.open("d/f", O_RDWR | O_CREAT);
  ASSERT_OK(mount_.write(*handle, 0, "x"));
  const auto refused = mount_.rename("d", "n");
  EXPECT_ERRNO(EBUSY, refused);
  EXPECT_THAT(refused.error().message, HasSubstr("f in it is open"));
  ASSERT_OK(mount_.close(*handle));
  ASSERT_OK(mount_.rename("d", "n"));
  EXPECT_EQ(mount_.read("n/f"), "x");
}

/// A file in a tree that is opened for writing when the tree has its new name already, and this
/// mount does not know yet.
class LateWriterTest : public TreeRenamingTest {
 protected:
  void rename_while_writing(std::size_t parts) {
    ASSERT_OK(mount_.mkdir("d"));
    ASSERT_OK(mount_.write("d/f", "old"));
    ASSERT_OK(mount_.list("d"));
    content_ = std::string(parts * kPart, 'x');
    *cloud_.watch.after.lock() = [&](std::string_view request, std::string_view) {
      if (request == "rename") {
        handle_ = mount_.open("d/f", O_WRONLY).value_or(0);
        EXPECT_EQ(mount_.write(handle_, 0, content_).value_or(0), content_.size());
      }
      return std::optional<Error>();
    };
    ASSERT_OK(mount_.rename("d", "n"));
    ASSERT_NE(handle_, 0u);
  }

  HandleId handle_ = 0;
  std::string content_;
};

TEST_F(LateWriterTest, GoesOnUnderTheNewName) {
  rename_while_writing(20);
  ASSERT_OK(mount_.close(handle_));
  EXPECT_EQ(cloud_.content("n/f"), content_);
  EXPECT_THAT(keys(), ElementsAre("n", "n/f"));
}

TEST_F(LateWriterTest, IsToldWhatIsLost) {
  rename_while_writing(200);  // More than memory: blocks are staged and dropped.
  EXPECT_ERRNO(EIO, mount_.close(handle_));
  EXPECT_EQ(cloud_.content("n/f"), "old");
}

TEST_F(TreeRenamingTest, ReplacesOnlyAnEmptyDirectory) {
  ASSERT_OK(mount_.mkdir("d"));
  ASSERT_OK(mount_.write("d/f", "x"));
  ASSERT_OK(mount_.mkdir("empty"));
  ASSERT_OK(mount_.mkdir("full"));
  ASSERT_OK(mount_.write("full/g", "y"));
  ASSERT_OK(mount_.write("file", "z"));
  EXPECT_ERRNO(ENOTEMPTY, mount_.rename("d", "full"));
  EXPECT_ERRNO(ENOTDIR, mount_.rename("d", "file"));
  EXPECT_ERRNO(EISDIR, mount_.rename("file", "empty"));
  EXPECT_ERRNO(EEXIST, mount_.rename("d", "empty", RENAME_NOREPLACE));
  EXPECT_ERRNO(EINVAL, mount_.rename("d", "d/below"));
  ASSERT_OK(mount_.rename("d", "empty"));
  EXPECT_THAT(keys(), ElementsAre("empty", "empty/f", "file", "full", "full/g"));
  EXPECT_EQ(mount_.read("empty/f"), "x");
}

TEST_F(TreeRenamingTest, RenamesAFileAtOnce) {
  ASSERT_OK(mount_.write("f", "new"));
  ASSERT_OK(mount_.write("g", "old"));
  const auto reader = mount_.open("g", O_RDONLY);
  ASSERT_EQ(mount_.read(*reader, 0, 100), "old");
  ASSERT_OK(mount_.write("h", "other"));
  EXPECT_ERRNO(EEXIST, mount_.rename("h", "f", RENAME_NOREPLACE));
  cloud_.watch.reset();
  ASSERT_OK(mount_.rename("h", "i", RENAME_NOREPLACE));
  EXPECT_EQ(cloud_.watch.count("copy"), 0u);
  ASSERT_OK(mount_.rename("f", "g"));
  EXPECT_EQ(cloud_.watch.count("rename"), 2u);
  EXPECT_EQ(mount_.read("g"), "new");
  EXPECT_EQ(mount_.read(*reader, 0, 100), "old") << "it was open when its name was taken";
  ASSERT_OK(mount_.close(*reader));
}

TEST_F(TreeRenamingTest, RenamesAFileThatIsStillBeingWritten) {
  const auto handle = mount_.open("f.tmp", O_RDWR | O_CREAT);
  ASSERT_OK(mount_.write(*handle, 0, "half"));
  ASSERT_OK(mount_.rename("f.tmp", "f"));
  EXPECT_EQ(cloud_.content("f"), "half");
  ASSERT_OK(mount_.write(*handle, 4, " and half"));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("f"), "half and half");
}

TEST_F(TreeRenamingTest, CopiesFilesWhereNobodyKnowsWhoRenames) {
  ASSERT_OK(mount_.write("f", "x"));
  ASSERT_OK(mount_.mkdir("d"));
  *cloud_.watch.before.lock() = [](std::string_view request, std::string_view) {
    if (request != "rename") return std::optional<Error>();
    return std::optional(Error{.code = ErrorCode::unsupported, .message = "set dfs_endpoint"});
  };
  ASSERT_OK(mount_.rename("f", "g"));
  EXPECT_EQ(mount_.read("g"), "x");
  const auto refused = mount_.rename("d", "e");
  EXPECT_ERRNO(EOPNOTSUPP, refused);
  EXPECT_THAT(refused.error().message, HasSubstr("dfs_endpoint"));
}

TEST_F(TreeRenamingTest, TakesTheVersionThatIsThere) {
  ASSERT_OK(mount_.write("f", "mine"));
  ASSERT_TRUE(cloud_.put("f", "theirs"));
  ASSERT_OK(mount_.rename("f", "g"));
  EXPECT_EQ(cloud_.content("g"), "theirs");
}

TEST_F(TreeRenamingTest, RemovesDirectoriesThatOthersMade) {
  ASSERT_TRUE(cloud_.put("a/b/c", "x"));
  EXPECT_ERRNO(ENOTEMPTY, mount_.rmdir("a/b"));
  ASSERT_OK(mount_.unlink("a/b/c"));
  ASSERT_OK(mount_.rmdir("a/b"));
  ASSERT_OK(mount_.rmdir("a"));
  EXPECT_TRUE(keys().empty());
}

}  // namespace
}  // namespace aloft::posix
