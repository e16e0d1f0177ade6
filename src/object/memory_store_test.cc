// SPDX-License-Identifier: Apache-2.0
// What is special about the store in memory; what all stores share is in tests/conformance.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/fake_clock.h"
#include "object/memory_account.h"

namespace aloft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

class MemoryStoreTest : public testing::Test {
 protected:
  PutResult put(std::string_view key, std::string_view content, const Metadata& metadata = {}) {
    return store_->put({.key = key, .content = bytes(content), .metadata = metadata}, {}).value();
  }
  std::string content(std::string_view key, ByteRange range = {0, 100}) {
    std::string buffer(range.length_bytes, '.');
    const auto read =
        store_->read({.key = key, .range = range},
                     std::as_writable_bytes(std::span(buffer.data(), buffer.size())), {});
    return read ? buffer.substr(0, read->size_bytes) : read.error().message;
  }

  FakeClock clock_;
  std::shared_ptr<ObjectStore> store_ = make_memory_store(clock_);
};

TEST_F(MemoryStoreTest, DatesObjectsByItsClockInWholeSeconds) {
  clock_.advance(std::chrono::milliseconds(1500));
  EXPECT_EQ(put("a", "x").last_modified,
            std::chrono::floor<std::chrono::seconds>(clock_.wall_now()));
}

TEST_F(MemoryStoreTest, ReadsAcrossBlocks) {
  for (const char* id : {"1", "2", "3"}) {
    ASSERT_TRUE(store_->stage_block({.key = "a", .block_id = id, .content = bytes("abc")}, {}));
  }
  const BlockRef list[] = {{.id = "1"}, {.id = "2"}, {.id = "3"}};
  ASSERT_TRUE(store_->commit_blocks({.key = "a", .blocks = list, .metadata = {}}, {}));
  EXPECT_EQ(content("a"), "abcabcabc");
  EXPECT_EQ(content("a", {2, 5}), "cabca");
  EXPECT_EQ(content("a", {8, 5}), "c");
  EXPECT_EQ(content("a", {9, 5}), "");
  EXPECT_EQ(content("a", {1000, 5}), "");
}

TEST_F(MemoryStoreTest, ReadsTheOldVersionWhileANewOneIsWritten) {
  put("a", "old");
  const auto info = store_->head("a", {}).value();
  put("a", "new");
  std::byte buffer[3];
  const auto read = store_->read({.key = "a", .range = {0, 3}, .if_match = info.etag}, buffer, {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::precondition_failed);
}

TEST_F(MemoryStoreTest, CountsFoldedPrefixesTowardsAPage) {
  for (const char* key : {"a/1", "a/2", "b", "c/1", "c/2", "d"}) put(key, "");
  const auto first = store_->list({.delimiter = "/", .entries_max = 2}, {}).value();
  EXPECT_THAT(first.prefixes, ElementsAre("a/"));
  ASSERT_EQ(first.objects.size(), 1u);
  const auto second =
      store_->list({.delimiter = "/", .marker = first.next_marker, .entries_max = 2}, {}).value();
  EXPECT_THAT(second.prefixes, ElementsAre("c/"));
  ASSERT_EQ(second.objects.size(), 1u);
  EXPECT_EQ(second.objects[0].key, "d");
  EXPECT_THAT(second.next_marker, IsEmpty());
}

TEST_F(MemoryStoreTest, AnswersNothingOnceTheCallerAskedToStop) {
  std::stop_source stop;
  stop.request_stop();
  const auto head = store_->head("a", {.stop = stop.get_token()});
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::cancelled);
}

TEST_F(MemoryStoreTest, OutlivesItsAccount) {
  put("a", "kept");
  EXPECT_EQ(content("a"), "kept");
}

TEST(MemoryTree, RenamesOverBlocksThatWaitToBeCommitted) {
  MemoryAccount account("memory", system_clock(), true);
  ASSERT_TRUE(account.create_container("box", {}));
  const auto store = account.container("box");
  const Metadata none;
  ASSERT_TRUE(store->put({.key = "d/f", .content = bytes("x"), .metadata = none}, {}));
  ASSERT_TRUE(store->stage_block({.key = "n/f", .block_id = "1", .content = bytes("y")}, {}));
  ASSERT_TRUE(store->rename({.from = "d", .to = "n"}, {}));
  EXPECT_TRUE(store->head("n/f", {}));
}

TEST(MemoryAccount, TellsMissingContainersFromMissingObjects) {
  MemoryAccount account;
  const auto head = account.container("nowhere")->head("a", {});
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::not_found);
  EXPECT_THAT(head.error().message, HasSubstr("container az://memory/nowhere"));
}

TEST(MemoryAccount, CopiesBetweenItsContainers) {
  MemoryAccount account;
  ASSERT_TRUE(account.create_container("one", {}));
  ASSERT_TRUE(account.create_container("two", {}));
  const Metadata metadata{{"k", "v"}};
  ASSERT_TRUE(account.container("one")->put(
      {.key = "a", .content = bytes("data"), .metadata = metadata}, {}));
  const auto source = account.container("one")->source_ref("a").value();
  ASSERT_TRUE(account.container("two")->copy({.source = source, .key = "b"}, {}));
  const auto info = account.container("two")->head("b", {}).value();
  EXPECT_EQ(info.key, "b");
  EXPECT_EQ(info.size_bytes, 4u);
  EXPECT_EQ(info.metadata, metadata);
}

TEST(MemoryAccount, LetsOneOfManyExclusiveWritersWin) {
  const auto store = make_memory_store();
  std::atomic<int> winners = 0;
  std::vector<std::jthread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&] {
      const Metadata none;
      if (store->put(
              {.key = "a", .content = {}, .metadata = none, .conditions = {.if_none_match = "*"}},
              {})) {
        ++winners;
      }
    });
  }
  writers.clear();
  EXPECT_EQ(winners, 1);
}

}  // namespace
}  // namespace aloft
