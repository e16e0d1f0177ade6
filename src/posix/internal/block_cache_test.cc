// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/block_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace aloft::posix {
namespace {

class BlockCacheTest : public ::testing::Test {
 protected:
  void load(ContentId content, Interval range, char byte) {
    const auto chunk = cache_.begin(content, range);
    ASSERT_NE(chunk, nullptr);
    std::ranges::fill(chunk->buffer(), static_cast<std::byte>(byte));
    cache_.finish(chunk, true);
  }
  std::string read(ContentId content, std::uint64_t offset, std::size_t length) {
    std::string out(length, '-');
    const auto filled = cache_.read(content, offset, std::as_writable_bytes(std::span(out)), {});
    out.resize(filled.value_or(0));
    return out;
  }
  MemoryBudget budget_{100};
  BlockCache cache_{budget_};
};

TEST_F(BlockCacheTest, ReadsAcrossChunksUntilAGap) {
  load(1, {0, 10}, 'a');
  load(1, {10, 20}, 'b');
  load(1, {30, 40}, 'c');
  EXPECT_EQ(read(1, 8, 30), "aabbbbbbbbbb");
  EXPECT_EQ(read(1, 25, 5), "");
  EXPECT_EQ(read(2, 0, 5), "") << "another content";
}

TEST_F(BlockCacheTest, LoadsNothingTwice) {
  load(1, {10, 20}, 'a');
  EXPECT_EQ(cache_.begin(1, {15, 30}), nullptr);
  const auto cut = cache_.begin(1, {0, 30});
  ASSERT_NE(cut, nullptr);
  EXPECT_EQ(cut->range(), (Interval{0, 10}));
  cache_.finish(cut, false);
  EXPECT_EQ(read(1, 0, 5), "") << "a failed load leaves nothing";
}

TEST_F(BlockCacheTest, DropsTheLeastRecentlyUsedForTheBudget) {
  load(1, {0, 40}, 'a');
  load(2, {0, 40}, 'b');
  EXPECT_EQ(read(1, 0, 1), "a");
  load(3, {0, 40}, 'c');
  EXPECT_EQ(read(2, 0, 1), "");
  EXPECT_EQ(read(1, 0, 1), "a");
  EXPECT_TRUE(budget_.try_reserve(20));
  EXPECT_TRUE(cache_.reserve(80)) << "all of the cache may go";
  EXPECT_FALSE(cache_.reserve(1));
  budget_.release(100);
}

TEST_F(BlockCacheTest, WaitsForWhatIsOnItsWay) {
  const auto chunk = cache_.begin(1, {0, 4});
  std::thread loader([&] {
    std::ranges::fill(chunk->buffer(), std::byte{'x'});
    cache_.finish(chunk, true);
  });
  EXPECT_EQ(read(1, 0, 4), "xxxx");
  loader.join();
}

TEST_F(BlockCacheTest, ObeysTheLimitsOfAWaitingReader) {
  const auto chunk = cache_.begin(1, {0, 4});
  std::stop_source stop;
  stop.request_stop();
  std::byte out{};
  const auto read = cache_.read(1, 0, {&out, 1}, {.stop = stop.get_token()});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::cancelled);
  cache_.finish(chunk, false);
}

}  // namespace
}  // namespace aloft::posix
