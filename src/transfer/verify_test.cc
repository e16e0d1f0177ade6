// SPDX-License-Identifier: Apache-2.0
// When contents are read, and when a recorded checksum stands for them. What verify() says of
// copies is in copy_test.cc.
#include "transfer/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/temporary_directory.h"
#include "object/memory_account.h"
#include "transfer/copy.h"
#include "transfer/testing/files.h"
#include "transfer/testing/hooked_store.h"

namespace aloft::transfer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class VerifyTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  VerifyTest() {
    EXPECT_TRUE(account_.create_container("box", {}));
    store_ = std::make_shared<testing::HookedStore>(account_.container("box"));
    store_->before_read = [this](std::string_view) -> Result<void> {
      ++reads_;
      return {};
    };
    content_ = std::string(GetParam(), 'x');
    testing::write_file(scratch_.path() + "/file", content_);
    copy_to("file", local());
  }

  Place local() const { return {.path = scratch_.path() + "/file"}; }
  Place box(const std::string& name = "file") const { return {.store = store_, .path = name}; }

  void copy_to(const std::string& name, const Place& from) {
    Progress progress;
    const CopyOptions options{.threads = 2, .part_size_bytes = 64_KiB};
    const auto report = copy({&from, 1}, box(name), options, progress, {});
    ASSERT_TRUE(report);
    ASSERT_THAT(report->failures, IsEmpty());
  }
  VerifyReport compare(const Place& a, const Place& b) {
    reads_ = 0;
    Progress progress;
    const auto report = verify(locate(a, Links::follow, {}).value(),
                               locate(b, Links::follow, {}).value(), options_, progress, {});
    EXPECT_EQ(progress.bytes_done, progress.bytes_found);
    return report.value();
  }
  static std::vector<std::string> lines(const VerifyReport& report) {
    std::vector<std::string> texts;
    for (const Difference& difference : report.differences) texts.push_back(difference.what);
    return texts;
  }
  // Other content with the metadata as it is; a write of attributes keeps it too.
  void overwrite(std::string_view text, const std::string& version) {
    Metadata metadata = store_->head("file", {}).value().metadata;
    metadata["aloft_content"] = version;
    CHECK(store_->put({.key = "file", .content = testing::bytes(text), .metadata = metadata}, {}));
  }

  TemporaryDirectory scratch_;
  MemoryAccount account_;
  std::shared_ptr<testing::HookedStore> store_;
  VerifyOptions options_{.modes_and_times = false, .threads = 2, .part_size_bytes = 64_KiB};
  std::atomic<std::size_t> reads_ = 0;
  std::string content_;
};

TEST_P(VerifyTest, TakesTheRecordedChecksumForTheObject) {
  const VerifyReport report = compare(local(), box());
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_EQ(report.files, 1u);
  EXPECT_EQ(report.files_by_checksum, 1u);
  EXPECT_EQ(reads_, 0u);
  EXPECT_THAT(lines(compare(box(), local())), IsEmpty());
  EXPECT_EQ(reads_, 0u);
}

TEST_P(VerifyTest, ReadsNothingOfTwoObjectsWithOneChecksum) {
  copy_to("second", box());
  EXPECT_EQ(compare(box(), box("second")).files_by_checksum, 1u);
  EXPECT_EQ(reads_, 0u);
}

TEST_P(VerifyTest, ReadsAllWhereThatIsAskedFor) {
  options_.read = true;
  const VerifyReport report = compare(local(), box());
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_EQ(report.files_by_checksum, 0u);
  EXPECT_EQ(reads_ > 0, !content_.empty());
}

TEST_P(VerifyTest, SaysFromWhereOnAFileDiffersFromItsChecksum) {
  if (content_.empty()) GTEST_SKIP() << "no byte can differ";
  std::string changed = content_;
  changed.back() = 'y';
  testing::write_file(scratch_.path() + "/file", changed);
  EXPECT_THAT(
      lines(compare(local(), box())),
      ElementsAre("content differs from byte " + std::to_string(changed.size() - 1) + " on"));
}

TEST_P(VerifyTest, ReadsWhatWasWrittenAfterTheChecksum) {
  if (content_.empty()) GTEST_SKIP() << "no byte can differ";
  std::string changed = content_;
  changed.front() = 'y';
  overwrite(changed, "another");
  const VerifyReport report = compare(local(), box());
  EXPECT_THAT(lines(report), ElementsAre("content differs from byte 0 on"));
  EXPECT_EQ(report.files_by_checksum, 0u);
}

TEST_P(VerifyTest, KeepsTheChecksumThroughAChangeOfAttributes) {
  Metadata metadata = store_->head("file", {}).value().metadata;
  metadata["permissions"] = "33152";
  ASSERT_TRUE(store_->set_metadata("file", metadata, {}, {}));
  EXPECT_EQ(compare(local(), box()).files_by_checksum, 1u);
}

INSTANTIATE_TEST_SUITE_P(Sizes, VerifyTest,
                         ::testing::Values(0, 1, 64_KiB, 64_KiB + 1, 5 * 64_KiB + 17));

}  // namespace
}  // namespace aloft::transfer
