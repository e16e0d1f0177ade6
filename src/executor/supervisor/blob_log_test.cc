// SPDX-License-Identifier: Apache-2.0
#include "executor/supervisor/blob_log.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/seeded_random.h"
#include "base/temporary_directory.h"
#include "object/memory_account.h"

namespace aloft::executor {
namespace {

class BlobLogTest : public testing::Test {
 protected:
  BlobLog make(workload::OpenMode mode = workload::OpenMode::truncate) {
    std::ofstream(path_, std::ios::app);
    return BlobLog({.store = store_,
                    .key = "logs/1.out",
                    .file = path_,
                    .mode = mode,
                    .random = &random_,
                    .block_size_bytes = 10});
  }
  void write(const std::string& text) { std::ofstream(path_, std::ios::app) << text; }
  std::string blob() {
    std::string content(1000, '\0');
    const auto read = store_->read({.key = "logs/1.out", .range = {0, content.size()}},
                                   std::as_writable_bytes(std::span(content)), {});
    EXPECT_TRUE(read) << read.error().message;
    content.resize(read ? read->size_bytes : 0);
    return content;
  }
  TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/out";
  SeededRandom random_{7};
  std::shared_ptr<ObjectStore> store_ = make_memory_store();
};

TEST_F(BlobLogTest, FollowsAFileThatGrows) {
  BlobLog log = make();
  ASSERT_TRUE(log.open({}));
  EXPECT_EQ(blob(), "");
  std::string expected;
  for (const char* part :
       {"short", " and quite a bit longer than a block", "", ".", "exactly 10"}) {
    write(part);
    expected += part;
    const auto committed = log.commit({});
    ASSERT_TRUE(committed) << committed.error().message;
    EXPECT_EQ(blob(), expected);
  }
}

TEST_F(BlobLogTest, ReplacesWhatWasThereUnlessAskedToAppend) {
  const Metadata none;
  const std::string before = "twenty-five bytes before\n";
  ASSERT_TRUE(store_->put(
      {.key = "logs/1.out", .content = std::as_bytes(std::span(before)), .metadata = none}, {}));
  {
    BlobLog log = make(workload::OpenMode::append);
    ASSERT_TRUE(log.open({}));
    EXPECT_EQ(blob(), before);
    write("more");
    ASSERT_TRUE(log.commit({}));
    EXPECT_EQ(blob(), before + "more");
  }
  std::filesystem::remove(path_);
  {
    BlobLog log = make(workload::OpenMode::append);
    ASSERT_TRUE(log.open({}));
    write("again");
    ASSERT_TRUE(log.commit({}));
    EXPECT_EQ(blob(), before + "moreagain");
  }
  std::filesystem::remove(path_);
  BlobLog log = make();
  ASSERT_TRUE(log.open({}));
  EXPECT_EQ(blob(), "");
}

TEST_F(BlobLogTest, UploadsAllAnewWhenSomebodyReplacedTheBlob) {
  BlobLog log = make();
  ASSERT_TRUE(log.open({}));
  write("more than one block of text");
  ASSERT_TRUE(log.commit({}));
  const Metadata none;
  ASSERT_TRUE(store_->put({.key = "logs/1.out", .content = {}, .metadata = none}, {}));
  write("!");
  EXPECT_FALSE(log.commit({})) << "its blocks are gone";
  ASSERT_TRUE(log.commit({}));
  EXPECT_EQ(blob(), "more than one block of text!");
}

TEST_F(BlobLogTest, FailsAtOnceWithoutAContainer) {
  MemoryAccount account;
  BlobLog log({.store = account.container("absent"), .key = "k", .file = path_});
  EXPECT_EQ(log.open({}).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace aloft::executor
