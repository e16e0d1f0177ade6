// SPDX-License-Identifier: Apache-2.0
#include "base/token_bucket.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/fake_clock.h"

namespace aloft {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucket, GivesTheFirstAtOnceAndTheNextInTime) {
  FakeClock clock;
  TokenBucket bucket(100, clock);
  EXPECT_TRUE(bucket.take(250, {}));
  EXPECT_EQ(clock.slept(), 0s);
  EXPECT_TRUE(bucket.take(50, {}));
  EXPECT_EQ(clock.slept(), 2500ms);
  EXPECT_TRUE(bucket.take(1, {}));
  EXPECT_EQ(clock.slept(), 3s);
}

TEST(TokenBucket, DoesNotSaveUpTimeThatNobodyUsed) {
  FakeClock clock;
  TokenBucket bucket(100, clock);
  clock.advance(1h);
  EXPECT_TRUE(bucket.take(100, {}));
  EXPECT_TRUE(bucket.take(100, {}));
  EXPECT_EQ(clock.slept(), 1s);
}

TEST(TokenBucket, IsOneRateForAllThreads) {
  FakeClock clock;
  TokenBucket bucket(1000, clock);
  const auto begin = clock.now();
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 100; ++j) EXPECT_TRUE(bucket.take(10, {}));
    });
  }
  threads.clear();
  EXPECT_GE(clock.now() - begin, 8s - 10ms) << "8000 units; the last turn ends later";
  EXPECT_LE(clock.now() - begin, 8s);
}

TEST(TokenBucket, WaitsNoLongerThanItsCaller) {
  FakeClock clock;
  TokenBucket bucket(1, clock);
  EXPECT_TRUE(bucket.take(1000, {}));
  const auto late = bucket.take(1, {.deadline = clock.now() + 1s});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::deadline_exceeded);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = bucket.take(1, {.stop = stop.get_token()});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace aloft
