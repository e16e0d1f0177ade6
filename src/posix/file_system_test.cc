// SPDX-License-Identifier: Apache-2.0
#include "posix/file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <cerrno>

#include "base/fake_clock.h"
#include "posix/testing/mounted.h"

namespace aloft::posix {
namespace {

using namespace std::chrono_literals;
using testing::Cloud;
using ::testing::ElementsAre;
using testing::errno_of_result;
using ::testing::IsEmpty;
using testing::kCaller;
using testing::Mounted;

class FileSystemTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  Cloud cloud_{clock_};
  Options options(Options options = {}) {
    options.clock = &clock_;
    return options;
  }
  Mounted mount_{cloud_, options()};

  std::string stored(const char* key, const char* name) {
    const auto info = cloud_.store()->head(key, {});
    if (!info) return "(" + info.error().message + ")";
    const auto found = info->metadata.find(name);
    return found == info->metadata.end() ? "(absent)" : found->second;
  }
};

#define EXPECT_ERRNO(expected, expression) EXPECT_EQ(errno_of_result(expression), expected)
#define ASSERT_OK(expression)                                  \
  do {                                                         \
    const auto& aloft_result = (expression);                   \
    ASSERT_TRUE(aloft_result) << aloft_result.error().message; \
  } while (false)

// Files -------------------------------------------------------------------------------------------

TEST_F(FileSystemTest, StoresAFileAsABlobWithItsBytesUnmodified) {
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

TEST_F(FileSystemTest, WritesASmallFileInOneRequestAndReadsItInOne) {
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

TEST_F(FileSystemTest, ListsADirectoryWithAllAttributesByOneRequest) {
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(cloud_.put("d/" + std::to_string(i), "x"));
  cloud_.watch.reset();
  EXPECT_EQ(mount_.list("d")->size(), 300u);
  const auto before = cloud_.watch.total();
  for (int i = 0; i < 300; ++i) EXPECT_EQ(mount_.stat("d/" + std::to_string(i))->st_size, 1);
  EXPECT_EQ(cloud_.watch.total(), before) << "no request per entry";
  EXPECT_EQ(cloud_.watch.count("list"), 2u) << "the lookup of d and its listing";
}

TEST_F(FileSystemTest, ShowsAFileOthersOnlyWhenItIsClosed) {
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

TEST_F(FileSystemTest, MakesAnExclusiveFileInTheStoreAtOnce) {
  const auto handle = mount_.open("lock", O_WRONLY | O_CREAT | O_EXCL);
  ASSERT_OK(handle);
  EXPECT_EQ(cloud_.content("lock"), "");
  Mounted other(cloud_, options());
  EXPECT_ERRNO(EEXIST,
               other->create(kRootInode, "lock", 0644, O_CREAT | O_EXCL | O_WRONLY, kCaller, {}));
  ASSERT_OK(mount_.close(*handle));
}

TEST_F(FileSystemTest, ReadsHolesAsZeros) {
  const auto handle = mount_.open("sparse", O_RDWR | O_CREAT);
  ASSERT_OK(mount_.write(*handle, 10, "x"));
  EXPECT_EQ(mount_.read(*handle, 0, 100), std::string(10, '\0') + "x");
  ASSERT_OK(mount_->set_attributes(mount_.find("sparse")->inode, {.size_bytes = 15}, *handle,
                                   kCaller, {}));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("sparse"), std::string(10, '\0') + "x" + std::string(4, '\0'));
}

TEST_F(FileSystemTest, CutsAndGrowsWithoutBringingOldBytesBack) {
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

TEST_F(FileSystemTest, AppendsWhereTheFileEnds) {
  ASSERT_OK(mount_.write("log", "one\n"));
  const auto first = mount_.open("log", O_WRONLY | O_APPEND);
  const auto second = mount_.open("log", O_WRONLY | O_APPEND);
  ASSERT_OK(mount_.write(*first, 0, "two\n"));
  ASSERT_OK(mount_.write(*second, 0, "three\n"));
  ASSERT_OK(mount_.close(*first));
  ASSERT_OK(mount_.close(*second));
  EXPECT_EQ(cloud_.content("log"), "one\ntwo\nthree\n");
}

TEST_F(FileSystemTest, ShowsHandlesOfOneFileEachOthersWrites) {
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

TEST_F(FileSystemTest, KeepsForeignMetadataAndPropertiesOnRewrite) {
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

TEST_F(FileSystemTest, RefusesWhatItCannotServe) {
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

TEST_F(FileSystemTest, WritesNothingToAReadOnlyMount) {
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

// Names and directories
// -------------------------------------------------------------------------------

TEST_F(FileSystemTest, ShowsMarkersPrefixesAndForeignNames) {
  ASSERT_TRUE(cloud_.put("marked", "", {{"hdi_isfolder", "true"}}));
  ASSERT_TRUE(cloud_.put("slashed/", ""));
  ASSERT_TRUE(cloud_.put("implied/x", "1"));
  ASSERT_TRUE(cloud_.put("both", "file"));
  ASSERT_TRUE(cloud_.put("both/x", "2"));
  ASSERT_TRUE(cloud_.put("gap//x", "3"));
  EXPECT_THAT(*mount_.list(""),
              ElementsAre("%d=both", "both", "gap", "implied", "marked", "slashed"));
  EXPECT_EQ(mount_.read("both"), "file");
  EXPECT_EQ(mount_.read("%d=both/x"), "2");
  EXPECT_EQ(mount_.read("gap/%=/x"), "3");
  EXPECT_THAT(*mount_.list("slashed"), IsEmpty());
  // The same one by one, without a listing.
  Mounted other(cloud_, options());
  EXPECT_EQ(other.read("%d=both/x"), "2");
  EXPECT_EQ(other.read("gap/%=/x"), "3");
  EXPECT_EQ(other.read("implied/x"), "1");
  EXPECT_TRUE(S_ISDIR(other.stat("slashed")->st_mode));
}

TEST_F(FileSystemTest, EscapesNamesThatTheServiceRefuses) {
  for (const char* name : {"dot.", "back\\slash", "line\nfeed", "\xFF", "x%2E"}) {
    ASSERT_OK(mount_.write(name, name));
  }
  Mounted other(cloud_, options());
  EXPECT_EQ(other.list("")->size(), 5u);
  for (const char* name : {"dot.", "back\\slash", "line\nfeed", "\xFF", "x%2E"}) {
    EXPECT_EQ(other.read(name), name);
  }
  EXPECT_EQ(cloud_.content("dot%2E"), "dot.");
}

TEST_F(FileSystemTest, HidesItsOwnArea) {
  ASSERT_TRUE(cloud_.put(".aloft/orphans/1", "x"));
  EXPECT_THAT(*mount_.list(""), IsEmpty());
  EXPECT_ERRNO(ENOENT, mount_.find(".aloft"));
  EXPECT_ERRNO(EPERM, mount_.mkdir(".aloft"));
  EXPECT_ERRNO(EPERM, mount_.write(".aloft", "x"));
}

TEST_F(FileSystemTest, RemovesOnlyEmptyDirectories) {
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

TEST_F(FileSystemTest, CountsAFileThatIsNotCommittedYetAsAnEntry) {
  ASSERT_OK(mount_.mkdir("d"));
  const auto handle = mount_.open("d/f", O_WRONLY | O_CREAT);
  EXPECT_ERRNO(ENOTEMPTY, mount_.rmdir("d"));
  EXPECT_ERRNO(EEXIST, mount_.mkdir("d/f"));
  ASSERT_OK(mount_.unlink("d/f"));
  ASSERT_OK(mount_.rmdir("d"));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_FALSE(cloud_.store()->head("d/f", {})) << "it had no name any more";
}

TEST_F(FileSystemTest, KeepsADirectoryThatOnlyKeysImpliedWhenItsLastNameGoes) {
  ASSERT_TRUE(cloud_.put("d/e/f", "x"));
  ASSERT_OK(mount_.unlink("d/e/f"));
  EXPECT_THAT(*mount_.list("d/e"), IsEmpty());
  Mounted other(cloud_, options());
  EXPECT_TRUE(S_ISDIR(other.stat("d/e")->st_mode));
  ASSERT_OK(mount_.rmdir("d/e"));
  EXPECT_THAT(*Mounted(cloud_, options()).list("d"), IsEmpty());
}

TEST_F(FileSystemTest, SeesChangesOfOthersAfterTheTtlAndItsOwnAtOnce) {
  Mounted other(cloud_, options());
  EXPECT_ERRNO(ENOENT, other.find("f"));
  EXPECT_THAT(*other.list(""), IsEmpty());
  ASSERT_OK(mount_.write("f", "1"));
  EXPECT_ERRNO(ENOENT, other.find("f")) << "a negative answer is good for the ttl";
  clock_.advance(5s);
  EXPECT_EQ(other.read("f"), "1");
  ASSERT_OK(mount_.write("f", "2 longer"));
  clock_.advance(5s);
  EXPECT_EQ(other.stat("f")->st_size, 8);
  EXPECT_EQ(other.read("f"), "2 longer");
}

TEST_F(FileSystemTest, ShowsTheCatalogueOfAccountsAndContainers) {
  Options catalogue = options();
  catalogue.root = "";
  FileSystem file_system(
      catalogue, [&](std::string_view name) -> Result<std::shared_ptr<ObjectAccount>> {
        if (name != "cloud") return fail(ErrorCode::not_found, "no such account");
        return std::shared_ptr<ObjectAccount>(std::shared_ptr<void>(), &cloud_.watched);
      });
  ASSERT_OK(file_system.start({}));
  const auto az = file_system.lookup(kRootInode, "az", {});
  ASSERT_OK(az);
  EXPECT_ERRNO(ENOENT, file_system.lookup(kRootInode, "s3", {}));
  EXPECT_ERRNO(ENOENT, file_system.lookup(az->inode, "nobody", {}));
  const auto account = file_system.lookup(az->inode, "cloud", {});
  ASSERT_OK(account);
  const auto container = file_system.lookup(account->inode, "data", {});
  ASSERT_OK(container);
  EXPECT_ERRNO(ENOENT, file_system.lookup(account->inode, "nothing", {}));
  EXPECT_ERRNO(EPERM, file_system.make_directory(account->inode, "new", 0777, kCaller, {}));
  EXPECT_ERRNO(EPERM, file_system.remove_directory(account->inode, "data", {}));
  ASSERT_OK(file_system.make_directory(container->inode, "d", 0777, kCaller, {}));
  const auto listed = [&](InodeId inode) {
    std::vector<std::string> names;
    const auto handle = file_system.open_directory(inode, {});
    const auto read = file_system.read_directory(
        *handle, 0,
        [&](const DirectoryEntry& entry) { return names.emplace_back(entry.name), true; }, {});
    EXPECT_TRUE(read);
    file_system.close_directory(*handle);
    return names;
  };
  EXPECT_THAT(listed(kRootInode), ElementsAre(".", "..", "az"));
  EXPECT_THAT(listed(az->inode), ElementsAre(".", "..", "cloud"));
  EXPECT_THAT(listed(account->inode), ElementsAre(".", "..", "data"));
  EXPECT_THAT(listed(container->inode), ElementsAre(".", "..", "d"));
}

TEST_F(FileSystemTest, MountsADirectoryOfAContainerAndRefusesOneThatIsNotThere) {
  ASSERT_OK(mount_.mkdir("lab"));
  ASSERT_OK(mount_.write("lab/f", "x"));
  Mounted lab(cloud_, options({.root = "cloud/data/lab"}));
  EXPECT_EQ(lab.read("f"), "x");
  const auto start = [&](const char* root) {
    return FileSystem(
               options({.root = root}),
               [&](std::string_view) {
                 return Result<std::shared_ptr<ObjectAccount>>(
                     std::shared_ptr<ObjectAccount>(std::shared_ptr<void>(), &cloud_.watched));
               })
        .start({});
  };
  EXPECT_ERRNO(ENOENT, start("cloud/data/absent"));
  EXPECT_ERRNO(ENOTDIR, start("cloud/data/lab/f"));
  EXPECT_ERRNO(ENOENT, start("cloud/nocontainer"));
  EXPECT_ERRNO(EINVAL, start("cloud"));
}

TEST_F(FileSystemTest, ChangesTheTopOfAMountThatIsADirectory) {
  ASSERT_TRUE(cloud_.put("lab/f", "x"));
  Mounted lab(cloud_, options({.root = "cloud/data/lab"}));
  ASSERT_OK(lab->set_attributes(kRootInode, {.mode = 0700}, {}, kCaller, {}));
  EXPECT_THAT(*lab.list(""), ElementsAre("f"));
  EXPECT_EQ(stored("lab", "permissions"), "16832");
  EXPECT_ERRNO(EPERM, mount_->set_attributes(kRootInode, {.mode = 0700}, {}, kCaller, {}));
}

TEST_F(FileSystemTest, KeepsTheKernelsCacheOfContentThatDidNotChange) {
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

TEST_F(FileSystemTest, AppendsToASmallFileWithoutReadingIt) {
  ASSERT_OK(mount_.write("log", "one\n"));
  cloud_.watch.reset();
  ASSERT_OK(mount_.append("log", "two\n"));
  EXPECT_EQ(cloud_.watch.total(), 1u) << "the commit before left its bytes in the cache";
  EXPECT_EQ(cloud_.content("log"), "one\ntwo\n");
}

TEST_F(FileSystemTest, GoesOnReadingADirectoryWhereItStopped) {
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

TEST_F(FileSystemTest, KeepsInodeNumbersWhenNobodyRefersToThem) {
  ASSERT_OK(mount_.write("f", "x"));
  const InodeId before = mount_.find("f")->inode;
  mount_->forget(before, 100);
  EXPECT_EQ(mount_.find("f")->inode, before);
  ASSERT_OK(mount_.rename("f", "g"));
  mount_->forget(before, 100);
  EXPECT_EQ(mount_.find("g")->inode, before) << "also through a rename";
  ASSERT_OK(mount_.write("f", "another"));
  EXPECT_NE(mount_.find("f")->inode, before);
}

// Attributes
// ----------------------------------------------------------------------------------------

TEST_F(FileSystemTest, KeepsModesTimesAndSymlinks) {
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

TEST_F(FileSystemTest, KeepsATimeThatWasSetOnAnOpenFile) {
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

TEST_F(FileSystemTest, ShowsSquashedIdsAndKeepsTheStoredOnes) {
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

TEST_F(FileSystemTest, GivesAnImpliedDirectoryAnObjectWhenItsAttributesChange) {
  ASSERT_TRUE(cloud_.put("d/f", "x"));
  ASSERT_OK(mount_.change("d", {.mode = 0700}));
  EXPECT_EQ(stored("d", "hdi_isfolder"), "true");
  EXPECT_EQ(Mounted(cloud_, options()).stat("d")->st_mode, mode_t{S_IFDIR | 0700});
}

TEST_F(FileSystemTest, MergesAttributesWithThoseOfSomebodyElse) {
  ASSERT_OK(mount_.write("f", "x"));
  Mounted other(cloud_, options());
  ASSERT_TRUE(other.stat("f"));
  ASSERT_OK(mount_.change("f", {.mode = 0600}));
  ASSERT_OK(other.change("f", {.mtime = timespec{7, 0}}));
  EXPECT_EQ(stored("f", "permissions"), "33152");
  EXPECT_EQ(stored("f", "modtime"), "7000000000");
}

TEST_F(FileSystemTest, RefusesMetadataBeyondWhatTheServiceKeeps) {
  ASSERT_TRUE(cloud_.put("f", "x", {{"big", std::string(8150, 'x')}}));
  EXPECT_ERRNO(ENOSPC, mount_.change("f", {.mode = 0600}));
}

// Conflicts
// -----------------------------------------------------------------------------------------

TEST_F(FileSystemTest, CommitsOverAChmodOfSomebodyElse) {
  ASSERT_TRUE(cloud_.put("f", "old"));
  Mounted other(cloud_, options());
  const auto handle = mount_.open("f", O_WRONLY);
  ASSERT_OK(mount_.write(*handle, 0, "new"));
  ASSERT_OK(other.change("f", {.mode = 0600}));
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("f"), "new");
  EXPECT_EQ(stored("f", "permissions"), "33152") << "theirs is kept";
}

TEST_F(FileSystemTest, FailsForGoodWhenSomebodyElseWroteTheContent) {
  ASSERT_OK(mount_.write("f", "old"));
  Mounted other(cloud_, options());
  const auto handle = mount_.open("f", O_WRONLY);
  ASSERT_OK(mount_.write(*handle, 0, "mine"));
  ASSERT_OK(other.write("f", "theirs"));
  EXPECT_ERRNO(ESTALE, mount_->sync(*handle, {}));
  EXPECT_ERRNO(ESTALE, mount_.write(*handle, 0, "again"));
  EXPECT_ERRNO(ESTALE, mount_->sync(*handle, {}));
  EXPECT_ERRNO(ESTALE, mount_.close(*handle));
  EXPECT_EQ(cloud_.content("f"), "theirs");
  EXPECT_EQ(mount_.read("f"), "theirs") << "a new handle sees what is there";
}

TEST_F(FileSystemTest, FailsTheSecondOfTwoWhoMakeOneFile) {
  Mounted other(cloud_, options());
  const auto first = mount_.open("f", O_WRONLY | O_CREAT);
  const auto second = other.open("f", O_WRONLY | O_CREAT);
  ASSERT_OK(mount_.write(*first, 0, "first"));
  ASSERT_OK(other.write(*second, 0, "second"));
  ASSERT_OK(mount_.close(*first));
  EXPECT_ERRNO(ESTALE, other.close(*second));
  EXPECT_EQ(cloud_.content("f"), "first");
  EXPECT_EQ(other.read("f"), "first");
}

TEST_F(FileSystemTest, NeverMixesTwoVersionsForOneReader) {
  ASSERT_OK(mount_.write("f", std::string(3 << 20, 'a')));
  Mounted other(cloud_, options());
  const auto handle = other.open("f", O_RDONLY);
  EXPECT_EQ(other.read(*handle, 0, 3), "aaa");
  ASSERT_OK(mount_.write("f", std::string(3 << 20, 'b')));
  EXPECT_ERRNO(ESTALE, other.read(*handle, 2 << 20, 3));
  ASSERT_OK(other.close(*handle));
  clock_.advance(5s);
  EXPECT_EQ(other.read("f")->substr(0, 3), "bbb");
}

TEST_F(FileSystemTest, TakesTheNewVersionWhereNothingWasReadYet) {
  ASSERT_OK(mount_.write("f", "aaa"));
  Mounted other(cloud_, options());
  const auto handle = other.open("f", O_RDONLY);
  ASSERT_OK(mount_.write("f", "bbb"));
  EXPECT_EQ(other.read(*handle, 0, 3), "bbb");
  ASSERT_OK(mount_.change("f", {.mode = 0600}));
  EXPECT_EQ(other.read(*handle, 0, 3), "bbb") << "a chmod makes nothing stale";
  ASSERT_OK(other.close(*handle));
}

TEST_F(FileSystemTest, KeepsDirtyDataThroughAPassingFault) {
  const auto handle = mount_.open("f", O_WRONLY | O_CREAT);
  ASSERT_OK(mount_.write(*handle, 0, "precious"));
  *cloud_.watch.before.lock() = [](std::string_view, std::string_view) {
    return Error{.code = ErrorCode::unavailable, .message = "no network"};
  };
  EXPECT_ERRNO(EIO, mount_->sync(*handle, {}));
  *cloud_.watch.before.lock() = nullptr;
  ASSERT_OK(mount_.close(*handle));
  EXPECT_EQ(cloud_.content("f"), "precious");
}

// Unlink and rename
// -----------------------------------------------------------------------------------

TEST_F(FileSystemTest, ServesAnOpenFileAfterItsNameIsGone) {
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

TEST_F(FileSystemTest, RenamesFilesWithAllTheyHave) {
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

TEST_F(FileSystemTest, RenamesAFileThatIsStillBeingWritten) {
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

TEST_F(FileSystemTest, ReplacesAnOpenFileWithoutTakingItFromItsReaders) {
  ASSERT_OK(mount_.write("f", "old"));
  ASSERT_OK(mount_.write("g", "new"));
  const auto reader = mount_.open("f", O_RDONLY);
  ASSERT_OK(mount_.rename("g", "f"));
  EXPECT_EQ(mount_.read(*reader, 0, 10), "old");
  EXPECT_EQ(mount_.read("f"), "new");
  ASSERT_OK(mount_.close(*reader));
}

TEST_F(FileSystemTest, LeavesBothNamesWhenARenameIsCutOff) {
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

TEST_F(FileSystemTest, RenamesOnlyEmptyDirectories) {
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
