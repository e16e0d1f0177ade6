// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "posix/testing/file_system_test.h"

namespace aloft::posix {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kCaller;
using testing::Mounted;
using NamesTest = testing::FileSystemTest;

TEST_F(NamesTest, ShowsMarkersPrefixesAndForeignNames) {
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

TEST_F(NamesTest, EscapesNamesThatTheServiceRefuses) {
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

TEST_F(NamesTest, HidesItsOwnArea) {
  ASSERT_TRUE(cloud_.put(".aloft/orphans/1", "x"));
  EXPECT_THAT(*mount_.list(""), IsEmpty());
  EXPECT_ERRNO(ENOENT, mount_.find(".aloft"));
  EXPECT_ERRNO(EPERM, mount_.mkdir(".aloft"));
  EXPECT_ERRNO(EPERM, mount_.write(".aloft", "x"));
}

TEST_F(NamesTest, KeepsInodeNumbersWhenNobodyRefersToThem) {
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

TEST_F(NamesTest, SeesChangesOfOthersAfterTheTtlAndItsOwnAtOnce) {
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

TEST_F(NamesTest, ShowsTheCatalogueOfAccountsAndContainers) {
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
  EXPECT_ERRNO(ENOENT, file_system.lookup(az->inode, "nobody", {}));
  // Accounts show once they were named; a list without one does not hide it.
  EXPECT_THAT(listed(az->inode), ElementsAre(".", ".."));
  const auto account = file_system.lookup(az->inode, "cloud", {});
  ASSERT_OK(account);
  const auto container = file_system.lookup(account->inode, "data", {});
  ASSERT_OK(container);
  EXPECT_ERRNO(ENOENT, file_system.lookup(account->inode, "nothing", {}));
  EXPECT_ERRNO(EPERM, file_system.make_directory(account->inode, "new", 0777, kCaller, {}));
  EXPECT_ERRNO(EPERM, file_system.remove_directory(account->inode, "data", {}));
  ASSERT_OK(file_system.make_directory(container->inode, "d", 0777, kCaller, {}));
  EXPECT_THAT(listed(kRootInode), ElementsAre(".", "..", "az"));
  EXPECT_THAT(listed(az->inode), ElementsAre(".", "..", "cloud"));
  EXPECT_THAT(listed(account->inode), ElementsAre(".", "..", "data"));
  EXPECT_THAT(listed(container->inode), ElementsAre(".", "..", "d"));
}

TEST_F(NamesTest, MountsADirectoryOfAContainerAndRefusesOneThatIsNotThere) {
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

}  // namespace
}  // namespace aloft::posix
