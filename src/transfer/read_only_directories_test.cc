// SPDX-License-Identifier: Apache-2.0
// Directories whose modes forbid their owner to write into them, as those of a shared reference
// data set.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/temporary_directory.h"
#include "object/memory_account.h"
#include "transfer/sync.h"
#include "transfer/testing/files.h"
#include "transfer/testing/hooked_store.h"

namespace aloft::transfer {
namespace {

using testing::Snapshot;

/// Runs as an ordinary user: modes do not bind root.
class ReadOnlyDirectoriesTest : public ::testing::Test {
 protected:
  ReadOnlyDirectoriesTest() {
    if (::geteuid() == 0) {
      constexpr uid_t kNobody = 65534;
      CHECK(::chown(scratch_.path().c_str(), kNobody, kNobody) == 0);
      CHECK(::seteuid(kNobody) == 0);
      was_root_ = true;
    }
    CHECK(account_.create_container("box", {}));
    store_ = std::make_shared<testing::HookedStore>(account_.container("box"));
    put("t/ro", "", {{"hdi_isfolder", "true"}, {"permissions", "0555"}});
    put("t/ro/a", "a");
  }
  ~ReadOnlyDirectoriesTest() override {
    ::chmod(path("ro").c_str(), 0700);
    if (was_root_) CHECK(::seteuid(0) == 0);
  }

  std::string path(const std::string& name) const { return scratch_.path() + "/here/" + name; }
  void put(const std::string& key, std::string_view content, const Metadata& metadata = {}) {
    CHECK(store_->inner().put(
        {.key = key, .content = testing::bytes(content), .metadata = metadata}, {}));
  }
  void expect_synced() {
    SyncOptions options;
    options.remove_surplus = true;
    Progress progress;
    const auto report = sync(there_, here_, options, progress, {});
    ASSERT_TRUE(report) << report.error().message;
    for (const Failure& failure : report->copied.failures) ADD_FAILURE() << failure.error.message;
  }
  mode_t mode() const {
    struct stat status {};
    EXPECT_EQ(::stat(path("ro").c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  TemporaryDirectory scratch_;
  bool was_root_ = false;
  MemoryAccount account_;
  std::shared_ptr<testing::HookedStore> store_;
  const Place there_{.store = account_.container("box"), .path = "t"};
  const Place here_{.path = scratch_.path() + "/here"};
};

TEST_F(ReadOnlyDirectoriesTest, TakeAndLoseWhatTheSourceDoes) {
  expect_synced();
  EXPECT_EQ(mode(), 0555u);
  put("t/ro/b", "b");
  CHECK(store_->inner().remove("t/ro/a", {}, {}));
  expect_synced();
  EXPECT_EQ(testing::contents(scratch_.path() + "/here"),
            (Snapshot{{"ro", "directory"}, {"ro/b", "file b"}}));
  EXPECT_EQ(mode(), 0555u);
}

TEST_F(ReadOnlyDirectoriesTest, StayClosedWhereNoModeIsStored) {
  std::filesystem::create_directories(path("ro"));
  ASSERT_EQ(::chmod(path("ro").c_str(), 0555), 0);
  CHECK(store_->inner().remove("t/ro", {}, {}));
  CopyOptions options;
  options.placement = {.recursive = true, .no_target_directory = true};
  Progress progress;
  const auto report = copy({&there_, 1}, here_, options, progress, {});
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->failures.size(), 1u);
  EXPECT_EQ(report->failures.front().error.os_errno, EACCES);
  EXPECT_EQ(mode(), 0555u);
}

TEST_F(ReadOnlyDirectoriesTest, TakeTheRestOfACopyThatWasInterrupted) {
  std::stop_source stop;
  put("t/ro/big", std::string(200'000, 'x'));
  store_->before_read = [&](std::string_view key) -> Result<void> {
    if (key != "t/ro/big" || stop.stop_requested()) return {};
    stop.request_stop();
    return fail(ErrorCode::cancelled, "interrupted");
  };
  const Place hooked{.store = store_, .path = "t"};
  CopyOptions options{.threads = 1, .part_size_bytes = 64_KiB};
  options.placement = {.recursive = true, .no_target_directory = true};
  Progress progress;
  const auto interrupted = copy({&hooked, 1}, here_, options, progress, {.stop = stop.get_token()});
  ASSERT_FALSE(interrupted);
  const auto report = copy({&hooked, 1}, here_, options, progress, {});
  ASSERT_TRUE(report) << report.error().message;
  for (const Failure& failure : report->failures) ADD_FAILURE() << failure.error.message;
  EXPECT_EQ(testing::content_of(path("ro/big")).size(), 200'000u);
  EXPECT_EQ(mode(), 0555u);
}

}  // namespace
}  // namespace aloft::transfer
