// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "base/file.h"
#include "base/log/log.h"
#include "base/temporary_directory.h"
#include "posix/testing/file_system_test.h"

namespace aloft::posix {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kCaller;
using testing::Mounted;
using FilesTest = testing::FileSystemTest;

TEST_F(FilesTest, StoresAFileAsABlobWithItsBytesUnmodified) {
  ASSERT_OK(mount_.write("a.txt", "hello"));
  EXPECT_EQ(cloud_.content("a.txt"), "hello");
  EXPECT_EQ(stored("a.txt", "permissions"), "33188");
  EXPECT_EQ(stored("a.txt", "posix_owner"), "1000");
  EXPECT_EQ(mount_.read("a.txt"), "hello");
  const auto status = mount_.stat("a.txt");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->st_size, 5);
  EXPECT_EQ(status->st_mode, mode_t{S_IFREG | 0644});
  EXPECT_EQ(status->st_blocks, 1);
  EXPECT_EQ(status->st_nlink, nlink_t{1});
}

TEST_F(FilesTest, WritesASmallFileInOneRequestAndReadsItInOne) {
  ASSERT_TRUE(mount_.list(""));
  cloud_.watch.reset();
  ASSERT_OK(mount_.write("a.txt", "hello"));
  EXPECT_EQ(cloud_.watch.total(), 1u) << "one put";
  Mounted other(cloud_, options());
  ASSERT_TRUE(other.list(""));
  cloud_.watch.reset();
  EXPECT_EQ(other.read("a.txt"), "hello");
  EXPECT_EQ(cloud_.watch.total(), 1u) << "one ranged read: the listing brought the attributes";
}

TEST_F(FilesTest, ShowsAFileOthersOnlyWhenItIsClosed) {
  const auto handle = mount_.open("log", O_WRONLY | O_CREAT);
  ASSERT_OK(handle);
  ASSERT_OK(mount_.write(*handle, 0, "first"));
  EXPECT_EQ(mount_.stat("log")->st_size, 5) << "in this mount at once";
  EXPECT_THAT(*mount_.list(""), ElementsAre("log"));
  EXPECT_FALSE(cloud_.store()->head("log", {}));
  ASSERT_OK(mount_->sync(*handle, {}));
  EXPECT_EQ(cloud_.content("log"), "first");
  ASSERT_OK(mount_.write(*handle, 5, " second"));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("log"), "first second");
}

TEST_F(FilesTest, MakesAnExclusiveFileInTheStoreAtOnce) {
  const auto handle = mount_.open("lock", O_WRONLY | O_CREAT | O_EXCL);
  ASSERT_OK(handle);
  EXPECT_EQ(cloud_.content("lock"), "");
  Mounted other(cloud_, options());
  EXPECT_ERRNO(EEXIST,
               other->create(kRootInode, "lock", 0644, O_CREAT | O_EXCL | O_WRONLY, kCaller, {}));
  ASSERT_OK(mount_.close(*handle));
}

TEST_F(FilesTest, ReadsHolesAsZeros) {
  const auto handle = mount_.open("sparse", O_RDWR | O_CREAT);
  ASSERT_OK(mount_.write(*handle, 10, "x"));
  EXPECT_EQ(mount_.read(*handle, 0, 100), std::string(10, '\0') + "x");
  ASSERT_OK(mount_->set_attributes(mount_.find("sparse")->inode, {.size_bytes = 15}, *handle,
                                   kCaller, {}));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("sparse"), std::string(10, '\0') + "x" + std::string(4, '\0'));
}

TEST_F(FilesTest, CutsAndGrowsWithoutBringingOldBytesBack) {
  ASSERT_OK(mount_.write("f", "0123456789"));
  ASSERT_OK(mount_.truncate("f", 4));
  EXPECT_EQ(cloud_.content("f"), "0123");
  ASSERT_OK(mount_.truncate("f", 8));
  EXPECT_EQ(cloud_.content("f"), std::string("0123\0\0\0\0", 8));
  const auto handle = mount_.open("f", O_RDWR);
  ASSERT_OK(
      mount_->set_attributes(mount_.find("f")->inode, {.size_bytes = 2}, *handle, kCaller, {}));
  ASSERT_OK(mount_.write(*handle, 6, "z"));
  EXPECT_EQ(mount_.read(*handle, 0, 10), std::string("01\0\0\0\0z", 7));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("f"), std::string("01\0\0\0\0z", 7));
}

TEST_F(FilesTest, AppendsWhereTheFileEnds) {
  ASSERT_OK(mount_.write("log", "one\n"));
  const auto first = mount_.open("log", O_WRONLY | O_APPEND);
  const auto second = mount_.open("log", O_WRONLY | O_APPEND);
  ASSERT_OK(mount_.write(*first, 0, "two\n"));
  ASSERT_OK(mount_.write(*second, 0, "three\n"));
  ASSERT_OK(mount_.close(*first));
  ASSERT_OK(mount_.close(*second));
  EXPECT_EQ(cloud_.content("log"), "one\ntwo\nthree\n");
}

TEST_F(FilesTest, AppendsToASmallFileWithoutReadingIt) {
  ASSERT_OK(mount_.write("log", "one\n"));
  cloud_.watch.reset();
  ASSERT_OK(mount_.append("log", "two\n"));
  EXPECT_EQ(cloud_.watch.total(), 1u) << "the commit before left its bytes in the cache";
  EXPECT_EQ(cloud_.content("log"), "one\ntwo\n");
}

TEST_F(FilesTest, ShowsHandlesOfOneFileEachOthersWrites) {
  ASSERT_OK(mount_.write("f", "aaaa"));
  const auto writer = mount_.open("f", O_RDWR);
  const auto reader = mount_.open("f", O_RDONLY);
  EXPECT_EQ(mount_.read(*reader, 0, 4), "aaaa");
  ASSERT_OK(mount_.write(*writer, 1, "bb"));
  EXPECT_EQ(mount_.read(*reader, 0, 4), "abba");
  ASSERT_OK(mount_.close(*writer));
  EXPECT_EQ(mount_.read(*reader, 0, 4), "abba") << "its own mount's commit makes nothing stale";
  ASSERT_OK(mount_.close(*reader));
}

TEST_F(FilesTest, KeepsForeignMetadataAndPropertiesOnRewrite) {
  ASSERT_TRUE(cloud_.store()->put({.key = "f",
                                   .content = testing::bytes_of("old"),
                                   .metadata = {{"project", "x"}},
                                   .properties = {.content_type = "text/plain",
                                                  .cache_control = "no-store",
                                                  .content_md5 = "q2aaaaaaaaaaaaaaaaaaaa=="}},
                                  {}));
  ASSERT_OK(mount_.append("f", " and new"));
  const auto info = cloud_.store()->head("f", {});
  EXPECT_EQ(cloud_.content("f"), "old and new");
  EXPECT_EQ(info->metadata.at("project"), "x");
  EXPECT_EQ(info->properties.content_type, "text/plain");
  EXPECT_EQ(info->properties.cache_control, "no-store");
  EXPECT_EQ(info->properties.content_md5, "") << "it would be wrong";
}

TEST_F(FilesTest, KeepsTheKernelsCacheOfContentThatDidNotChange) {
  ASSERT_OK(mount_.write("f", "x"));
  const auto opened = [&](Mounted& mount) {
    const auto result = mount->open(mount.find("f")->inode, O_RDONLY, {});
    mount->release(result->handle);
    return result->keep_cache;
  };
  EXPECT_TRUE(opened(mount_)) << "what was written went through the kernel";
  ASSERT_OK(mount_.change("f", {.mode = 0600}));
  EXPECT_TRUE(opened(mount_)) << "a chmod changes no content";
  Mounted other(cloud_, options());
  EXPECT_FALSE(opened(other));
  EXPECT_TRUE(opened(other));
  ASSERT_OK(other.write("f", "y"));
  clock_.advance(5s);
  EXPECT_FALSE(opened(mount_)) << "somebody else wrote it";
}

TEST_F(FilesTest, RefusesWhatItCannotServe) {
  ASSERT_OK(mount_.mkdir("d"));
  ASSERT_OK(mount_.symlink("target", "l"));
  EXPECT_ERRNO(EISDIR, mount_.open("d", O_RDONLY));
  EXPECT_ERRNO(ELOOP, mount_.open("l", O_RDONLY));
  ASSERT_OK(mount_.write("f", "x"));
  const auto handle = mount_.open("f", O_RDONLY);
  EXPECT_ERRNO(EBADF, mount_.write(*handle, 0, "y"));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_ERRNO(EBADF, mount_.read(*handle, 0, 1));
  EXPECT_ERRNO(ENAMETOOLONG, mount_.write(std::string(256, 'n'), "x"));
  EXPECT_ERRNO(ENOENT, mount_.read("absent"));
}

TEST_F(FilesTest, WritesNothingToAReadOnlyMount) {
  ASSERT_OK(mount_.write("f", "x"));
  Mounted read_only(cloud_, options({.read_only = true}));
  EXPECT_ERRNO(EROFS, read_only.write("f", "y"));
  EXPECT_ERRNO(EROFS, read_only.write("g", "y"));
  EXPECT_ERRNO(EROFS, read_only.mkdir("d"));
  EXPECT_ERRNO(EROFS, read_only.unlink("f"));
  EXPECT_ERRNO(EROFS, read_only.rename("f", "g"));
  EXPECT_ERRNO(EROFS, read_only.change("f", {.mode = 0600}));
  EXPECT_EQ(read_only.read("f"), "x");
}

/// What a person who runs the mount reads of it.
template <class Deed>
std::string logged(Deed deed) {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/log";
  set_up_log({.file = file});
  deed();
  set_up_log({});
  return read_file(file).value();
}

TEST_F(FilesTest, ReadsAppendAndPageBlobsAndRefusesToWriteThem) {
  ASSERT_TRUE(cloud_.put("f", "content"));
  for (const ObjectKind kind : {ObjectKind::append, ObjectKind::page}) {
    *cloud_.watch.disguise.lock() = [kind](ObjectInfo& info) { info.kind = kind; };
    Mounted mount(cloud_, options());
    EXPECT_EQ(mount.read("f"), "content");
    EXPECT_THAT(logged([&] { EXPECT_ERRNO(EOPNOTSUPP, mount.open("f", O_WRONLY)); }),
                HasSubstr("open: az://cloud/data/f is an append or page blob"));
    EXPECT_ERRNO(EOPNOTSUPP, mount.write("f", "x"));
    EXPECT_ERRNO(EOPNOTSUPP, mount.append("f", "x"));
    EXPECT_ERRNO(EOPNOTSUPP, mount.truncate("f", 1));
  }
  EXPECT_EQ(cloud_.content("f"), "content");
}

TEST_F(FilesTest, SaysWhatToDoAboutAnArchivedBlob) {
  ASSERT_TRUE(cloud_.put("f", "content"));
  *cloud_.watch.disguise.lock() = [](ObjectInfo& info) { info.access_tier = "Archive"; };
  for (const int flags : {O_RDONLY, O_WRONLY}) {
    EXPECT_THAT(logged([&] { EXPECT_ERRNO(EIO, mount_.open("f", flags)); }),
                HasSubstr("open: az://cloud/data/f is in the archive tier: rehydrate it"));
  }
  EXPECT_EQ(mount_.stat("f")->st_size, 7) << "it can be looked at";
}

}  // namespace
}  // namespace aloft::posix
