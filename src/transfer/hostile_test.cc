// SPDX-License-Identifier: Apache-2.0
// Containers that a stranger wrote, or a service that lies: what a copy to disk must not believe.
// More of it is in copy_test.cc (links in the way, names too long).
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/temporary_directory.h"
#include "object/memory_account.h"
#include "transfer/copy.h"
#include "transfer/testing/files.h"
#include "transfer/testing/hooked_store.h"

namespace aloft::transfer {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using testing::bytes;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class HostileTest : public ::testing::Test {
 protected:
  HostileTest() {
    EXPECT_TRUE(account_.create_container("box", {}));
    store_ = std::make_shared<testing::HookedStore>(account_.container("box"));
    options_.placement.recursive = true;
    options_.threads = 2;
    options_.part_size_bytes = 64_KiB;
    fs::create_directories(path("target"));
  }

  std::string path(const std::string& name) const { return scratch_.path() + "/" + name; }
  void put(const std::string& key, std::string_view content, Metadata metadata = {}) {
    CHECK(store_->inner().put({.key = key, .content = bytes(content), .metadata = metadata}, {}));
  }
  /// Of the whole container, into "target".
  std::vector<std::string> failures() {
    const Place from{.store = store_, .path = "."};
    Progress progress;
    const auto report = copy({&from, 1}, {.path = path("target")}, options_, progress, {});
    EXPECT_TRUE(report) << report.error().message;
    std::vector<std::string> messages;
    for (const Failure& failure : report->failures) messages.push_back(failure.error.message);
    return messages;
  }
  mode_t mode_of(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::lstat(path(name).c_str(), &status), 0) << name;
    return status.st_mode;
  }

  TemporaryDirectory scratch_;
  MemoryAccount account_;
  std::shared_ptr<testing::HookedStore> store_;
  CopyOptions options_;
};

TEST_F(HostileTest, KeysThatClimbStayInTheTarget) {
  put("a", "evil");
  const std::string nul("nul\0byte", 8);
  store_->after_list = [&](ListPage& page) {
    ASSERT_THAT(page.objects, SizeIs(1));
    // Empty, so that nothing but the disk is asked for them.
    ObjectInfo object = page.objects.front();
    object.size_bytes = 0;
    for (const std::string& key :
         {std::string("../outside"), std::string("../../outside"), std::string("/absolute"),
          std::string("d/../../outside"), std::string("d/.."), std::string("."), std::string(".."),
          std::string("e//f"), nul}) {
      page.objects.push_back(object);
      page.objects.back().key = key;
    }
  };
  EXPECT_THAT(failures(), UnorderedElementsAre(HasSubstr("NUL byte"), HasSubstr("target/%=.. by"),
                                               HasSubstr("target/d/%=.. by")));
  for (const auto& entry : fs::directory_iterator(scratch_.path())) {
    EXPECT_EQ(entry.path().filename(), "target");
  }
  EXPECT_FALSE(fs::exists("/absolute"));
  EXPECT_EQ(testing::content_of(path("target/a")), "evil");
  EXPECT_TRUE(fs::is_regular_file(path("target/%=../outside"))) << "there, under a name that stays";
}

TEST_F(HostileTest, ContentOfADirectoryIsNamedAndWhatIsInItComes) {
  put("folder", "content", {{"hdi_isfolder", "true"}});
  put("folder/file", "fine");
  put("slash/", "content");
  put("slash/file", "fine");
  put("two", "", {{"hdi_isfolder", "true"}});
  put("two/", "content");
  EXPECT_THAT(failures(), UnorderedElementsAre(HasSubstr("box/folder is a blob of 7 bytes"),
                                               HasSubstr("box/slash/ is a blob of 7 bytes"),
                                               HasSubstr("box/two/ is a blob of 7 bytes")));
  EXPECT_EQ(testing::contents(path("target")), (testing::Snapshot{{"folder", "directory"},
                                                                  {"folder/file", "file fine"},
                                                                  {"slash", "directory"},
                                                                  {"slash/file", "file fine"},
                                                                  {"two", "directory"}}));
}

TEST_F(HostileTest, DevicesPipesAndSocketsAreNotMade) {
  put("block", "", {{"permissions", "24992"}});
  put("character", "", {{"is_char_dev", "true"}});
  put("pipe", "", {{"permissions", "4516"}});
  put("socket", "", {{"is_socket", "true"}});
  put("file", "fine");
  EXPECT_THAT(failures(), SizeIs(4));
  EXPECT_EQ(testing::contents(path("target")), (testing::Snapshot{{"file", "file fine"}}));
}

TEST_F(HostileTest, NobodyGetsRightsFromAStranger) {
  // 0107777 and 0047777: every bit there is.
  put("program", "#!", {{"permissions", "36863"}, {"posix_owner", "12345"}});
  put("directory", "", {{"permissions", "20479"}, {"hdi_isfolder", "true"}});
  EXPECT_THAT(failures(), IsEmpty());
  EXPECT_EQ(mode_of("target/program") & 07000u, 0u);
  EXPECT_EQ(mode_of("target/directory") & (S_ISUID | S_ISVTX), 0u);
  struct stat status {};
  ASSERT_EQ(::stat(path("target/program").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, ::geteuid());
}

TEST_F(HostileTest, WhatIsSpecialInTheTargetIsNotWrittenTo) {
  put("pipe", "content");
  put("file", "fine");
  ASSERT_EQ(::mkfifo(path("target/pipe").c_str(), 0600), 0);
  EXPECT_THAT(failures(), Each(HasSubstr("will not replace")));
  EXPECT_TRUE(S_ISFIFO(mode_of("target/pipe")));
  EXPECT_EQ(testing::content_of(path("target/file")), "fine");
}

TEST_F(HostileTest, SizesThatAreNotTrueFailTheirFileAlone) {
  put("file", "fine");
  put("shorter", "12345");
  put("sparse", "12345", {{"aloft_sparse", "true"}});
  put("vast", "12345");
  store_->after_list = [](ListPage& page) {
    for (ObjectInfo& object : page.objects) {
      if (object.key == "shorter") object.size_bytes = 1000;
      if (object.key == "vast") object.size_bytes = std::uint64_t{1} << 62;
      if (object.key == "sparse") object.size_bytes = ~std::uint64_t{0};
    }
  };
  EXPECT_THAT(failures(), SizeIs(3));
  EXPECT_EQ(testing::contents(path("target")), (testing::Snapshot{{"file", "file fine"}}));
}

TEST_F(HostileTest, NamesThatDifferByCaseAloneAreTwoFilesWhereTheDiskTellsThemApart) {
  put("File", "upper");
  put("file", "lower");
  EXPECT_THAT(failures(), IsEmpty());
  EXPECT_EQ(testing::contents(path("target")),
            (testing::Snapshot{{"File", "file upper"}, {"file", "file lower"}}));
}

TEST_F(HostileTest, FormsOfOtherToolsAreRestored) {
  put("amlfs", "1",
      {{"permissions", "0640"},
       {"owner", "1"},
       {"group", "2"},
       {"modtime", "2026-01-31 12:00:00 +0100"}});
  put("rclone", "2", {{"mode", "100600"}, {"uid", "7"}, {"mtime", "2026-01-31T11:00:00.5Z"}});
  put("blobfuse", "amlfs", {{"is_symlink", "true"}});
  put("folder", "", {{"Hdi_isfolder", "true"}});
  EXPECT_THAT(failures(), IsEmpty());
  EXPECT_EQ(mode_of("target/amlfs") & 07777u, 0640u);
  EXPECT_EQ(mode_of("target/rclone") & 07777u, 0600u);
  const testing::Snapshot attributes = testing::attributes(path("target"));
  EXPECT_THAT(attributes.at("amlfs"), HasSubstr(" 1769857200.000000000"));
  EXPECT_THAT(attributes.at("rclone"), HasSubstr(" 1769857200.500000000"));
  EXPECT_EQ(fs::read_symlink(path("target/blobfuse")), "amlfs");
  EXPECT_TRUE(fs::is_directory(path("target/folder")));
}

}  // namespace
}  // namespace aloft::transfer
