// SPDX-License-Identifier: Apache-2.0
// Files with several names, on their way through containers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>

#include "base/temporary_directory.h"
#include "object/memory_account.h"
#include "transfer/copy.h"
#include "transfer/testing/files.h"
#include "transfer/testing/hooked_store.h"

namespace aloft::transfer {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HardLinksTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  HardLinksTest() {
    EXPECT_TRUE(account_.create_container("box", {}));
    EXPECT_TRUE(account_.create_container("second", {}));
    store_ = std::make_shared<testing::HookedStore>(account_.container("box"));
    options_.placement.recursive = true;
    options_.threads = 3;
    options_.part_size_bytes = 64_KiB;
    content_ = std::string(GetParam(), 'x');
    // The first name that a walk finds is "a/first".
    testing::write_file(path("tree/a/first"), content_);
    fs::create_directories(path("tree/b"));
    fs::create_hard_link(path("tree/a/first"), path("tree/b/other"));
    fs::create_hard_link(path("tree/a/first"), path("tree/third"));
    fs::create_hard_link(path("tree/a/first"), path("outside"));
    testing::write_file(path("tree/alone"), content_);
  }

  std::string path(const std::string& name) const { return scratch_.path() + "/" + name; }
  Place local(const std::string& name) const { return {.path = path(name)}; }
  Place box(const std::string& name) const { return {.store = store_, .path = name}; }

  CopyReport run(const Place& from, const Place& to) {
    Progress progress;
    auto report = copy({&from, 1}, to, options_, progress, {});
    EXPECT_TRUE(report) << report.error().message;
    if (report->failures.empty()) {
      EXPECT_EQ(progress.bytes_done, progress.bytes_found);
      EXPECT_EQ(progress.files_done, progress.files_found);
    }
    return *report;
  }
  std::uint64_t links_of(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::lstat(path(name).c_str(), &status), 0) << name;
    return status.st_nlink;
  }
  void expect_linked(const std::string& root) const {
    EXPECT_EQ(testing::contents(path(root)), testing::contents(path("tree")));
    EXPECT_TRUE(fs::equivalent(path(root + "/a/first"), path(root + "/b/other")));
    EXPECT_TRUE(fs::equivalent(path(root + "/a/first"), path(root + "/third")));
    EXPECT_EQ(links_of(root + "/third"), 3u);
    EXPECT_EQ(links_of(root + "/alone"), 1u);
  }
  std::size_t records(const std::string& container) {
    return account_.container(container)
        ->list({.prefix = ".aloft/links/"}, {})
        .value()
        .objects.size();
  }

  TemporaryDirectory scratch_;
  MemoryAccount account_;
  std::shared_ptr<testing::HookedStore> store_;
  CopyOptions options_;
  std::string content_;
};

TEST_P(HardLinksTest, ComeBackAsOneFile) {
  const CopyReport up = run(local("tree"), box("kept"));
  EXPECT_THAT(up.failures, IsEmpty());
  EXPECT_EQ(up.files, 4u);
  EXPECT_EQ(up.hard_linked, 2u);
  EXPECT_EQ(records("box"), 1u);
  const CopyReport down = run(box("kept"), local("back"));
  EXPECT_THAT(down.failures, IsEmpty());
  EXPECT_EQ(down.files, 4u);
  EXPECT_EQ(down.hard_linked, 2u);
  expect_linked("back");
}

TEST_P(HardLinksTest, StaySoWhereACopyIsRepeated) {
  run(local("tree"), box("kept"));
  run(local("tree/."), box("kept"));
  EXPECT_EQ(records("box"), 1u);
  run(box("kept"), local("back"));
  EXPECT_THAT(run(box("kept/."), local("back")).failures, IsEmpty());
  expect_linked("back");
  for (const auto& entry : fs::recursive_directory_iterator(path("back"))) {
    EXPECT_FALSE(entry.path().filename().string().starts_with(".aloft-")) << entry.path();
  }
}

TEST_P(HardLinksTest, AreSentOnce) {
  std::atomic<std::size_t> reads = 0;
  run(local("tree"), box("kept"));
  store_->before_read = [&](std::string_view) -> Result<void> {
    ++reads;
    return {};
  };
  run(box("kept"), local("back"));
  const std::size_t parts = std::max<std::size_t>(1, (content_.size() + 64_KiB - 1) / 64_KiB);
  EXPECT_EQ(reads, content_.empty() ? 0 : 2 * parts) << "of the file, and of the one alone";
}

TEST_P(HardLinksTest, AreWholeObjectsEach) {
  run(local("tree"), box("kept"));
  ObjectTree there(store_);
  EXPECT_EQ(testing::contents(there, "kept"), testing::contents(path("tree")));
}

TEST_P(HardLinksTest, GoFromContainerToContainer) {
  run(local("tree"), box("kept"));
  const auto second = account_.container("second");
  EXPECT_THAT(run(box("kept"), {.store = second, .path = "x"}).failures, IsEmpty());
  EXPECT_EQ(records("second"), 1u);
  run({.store = second, .path = "x"}, local("back"));
  expect_linked("back");
}

TEST_P(HardLinksTest, OfACopyAreNotThoseOfItsSource) {
  run(local("tree"), box("both/kept"));
  run(box("both/kept"), box("both/copy"));
  EXPECT_EQ(records("box"), 2u);
  run(box("both"), local("back"));
  expect_linked("back/kept");
  expect_linked("back/copy");
}

TEST_P(HardLinksTest, AreOneNameWhereTheCopyHasOne) {
  run(local("tree"), box("kept"));
  EXPECT_EQ(run(box("kept/third"), local("alone")).hard_linked, 0u);
  EXPECT_EQ(links_of("alone"), 1u);
}

TEST_P(HardLinksTest, EndWhereOneNameWasWrittenOrChangedAlone) {
  run(local("tree"), box("kept"));
  testing::write_file(path("new"), "new");
  run(local("new"), box("kept/b/other"));
  Metadata metadata = store_->head("kept/third", {}).value().metadata;
  metadata["permissions"] = "33216";
  ASSERT_TRUE(store_->set_metadata("kept/third", metadata, {}, {}));
  EXPECT_THAT(run(box("kept"), local("back")).failures, IsEmpty());
  EXPECT_EQ(testing::content_of(path("back/b/other")), "new");
  EXPECT_EQ(testing::content_of(path("back/third")), content_);
  for (const char* name : {"back/a/first", "back/b/other", "back/third"}) {
    EXPECT_EQ(links_of(name), 1u) << name;
  }
}

TEST_P(HardLinksTest, AreCopiedThoughTheirFirstNameIsNot) {
  ASSERT_TRUE(
      store_->inner().put({.key = "kept/a/first/in-the-way", .content = {}, .metadata = {}}, {}));
  EXPECT_THAT(run(local("tree/."), box("kept")).failures, SizeIs(1));
  EXPECT_TRUE(store_->head("kept/b/other", {}));
  EXPECT_TRUE(store_->head("kept/third", {}));
}

TEST_P(HardLinksTest, AreCopiedThoughTheFirstUploadFails) {
  store_->before_write = [](std::string_view key) -> Result<void> {
    if (!key.ends_with("first")) return {};
    return fail(ErrorCode::unavailable, "no answer");
  };
  EXPECT_THAT(run(local("tree"), box("kept")).failures, SizeIs(1));
  EXPECT_TRUE(store_->head("kept/b/other", {}));
  EXPECT_TRUE(store_->head("kept/third", {}));
}

TEST_P(HardLinksTest, AreFetchedThoughTheirFirstNameCannotBeMade) {
  run(local("tree"), box("kept"));
  fs::create_directories(path("back/a/first"));
  EXPECT_THAT(run(box("kept/."), local("back")).failures, SizeIs(1));
  EXPECT_EQ(testing::content_of(path("back/b/other")), content_);
  EXPECT_EQ(testing::content_of(path("back/third")), content_);
}

TEST_P(HardLinksTest, BecomeFilesWhereTheDiskCannotLinkThem) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to mount a second disk";
  run(local("tree"), box("kept"));
  fs::create_directories(path("back/b"));
  if (::mount("tmpfs", path("back/b").c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "may not mount here";
  }
  EXPECT_THAT(run(box("kept/."), local("back")).failures, IsEmpty());
  EXPECT_EQ(testing::content_of(path("back/b/other")), content_);
  EXPECT_TRUE(fs::equivalent(path("back/a/first"), path("back/third")));
  EXPECT_EQ(::umount(path("back/b").c_str()), 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, HardLinksTest, ::testing::Values(0, 100, 3 * 64_KiB + 1));

}  // namespace
}  // namespace aloft::transfer
