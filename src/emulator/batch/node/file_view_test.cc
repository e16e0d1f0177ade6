// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/file_view.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/temporary_directory.h"

namespace aloft::emulator::batch {
namespace {

using testing::ElementsAre;

class FileViewTest : public testing::Test {
 protected:
  FileViewTest() {
    std::filesystem::create_directories(path("task/wd/sub"));
    EXPECT_TRUE(replace_file(path("task/stdout.txt"), "hello", 0640));
    EXPECT_TRUE(replace_file(path("task/wd/a.txt"), "", 0600));
    EXPECT_TRUE(replace_file(path("task/wd/sub/b.txt"), "b", 0600));
    EXPECT_TRUE(replace_file(path("outside"), "secret", 0600));
    std::filesystem::create_symlink("../outside", path("task/link"));
    std::filesystem::create_directory_symlink("/etc", path("task/wd/etc"));
    EXPECT_EQ(::mkfifo(path("task/pipe").c_str(), 0600), 0);
  }
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  std::vector<std::string> names(bool recursive) const {
    std::vector<std::string> found;
    const std::vector<FileEntry> entries = view_.list(recursive).value();
    for (const FileEntry& entry : entries) found.push_back(entry.name);
    return found;
  }

  TemporaryDirectory directory_;
  FileView view_{directory_.path(), "task"};
};

TEST_F(FileViewTest, ListsFilesAndDirectoriesByName) {
  EXPECT_THAT(names(false), ElementsAre("stdout.txt", "wd"));
  EXPECT_THAT(names(true), ElementsAre("stdout.txt", "wd", "wd/a.txt", "wd/sub", "wd/sub/b.txt"));
}

TEST_F(FileViewTest, TellsTheProperties) {
  const FileEntry file = view_.find("stdout.txt").value();
  EXPECT_FALSE(file.is_directory);
  EXPECT_EQ(file.size_bytes, 5u);
  EXPECT_EQ(file.mode, S_IFREG | 0640u);
  struct stat status {};
  ASSERT_EQ(::stat(path("task/stdout.txt").c_str(), &status), 0);
  EXPECT_EQ(std::chrono::system_clock::to_time_t(file.modified_at), status.st_mtim.tv_sec);
  EXPECT_TRUE(view_.find("wd/sub").value().is_directory);
}

TEST_F(FileViewTest, OpensFiles) {
  const auto open = view_.open("wd/sub/b.txt");
  ASSERT_TRUE(open);
  char byte = 0;
  EXPECT_EQ(::pread(open->fd.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'b');
  EXPECT_EQ(open->entry.size_bytes, 1u);
  EXPECT_EQ(view_.open("wd").error().os_errno, EISDIR);
}

TEST_F(FileViewTest, ReachesNothingOutside) {
  for (const char* name : {"", ".", "..", "../outside", "wd/../../outside", "/etc/passwd", "link",
                           "wd/etc", "wd/etc/passwd", "pipe", "none", "wd/", "wd//a.txt"}) {
    EXPECT_EQ(view_.find(name).error().code, ErrorCode::not_found) << name;
    EXPECT_EQ(view_.open(name).error().code, ErrorCode::not_found) << name;
  }
  EXPECT_EQ(FileView(directory_.path(), "task/wd/etc").find("passwd").error().code,
            ErrorCode::not_found);
  EXPECT_FALSE(FileView(directory_.path(), "task/wd/etc").list(true));
}

TEST_F(FileViewTest, SaysThatADirectoryIsNotThere) {
  EXPECT_EQ(FileView(path("none")).list(true).error().code, ErrorCode::not_found);
  EXPECT_EQ(FileView(path("none")).find("x").error().code, ErrorCode::not_found);
  EXPECT_EQ(FileView("").list(false).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace aloft::emulator::batch
