// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "base/limits.h"

namespace aloft {
namespace {

using namespace std::chrono_literals;

TEST(SystemClock, AStopEndsAPause) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(system_clock().sleep_until(system_clock().now() + 1h, stop.get_token()));
}

TEST(FakeClock, SleepersMakeTimeJump) {
  FakeClock clock;
  const auto start = clock.now();
  EXPECT_TRUE(clock.sleep_until(start + 1h, {}));
  EXPECT_EQ(clock.now(), start + 1h);
  EXPECT_EQ(clock.slept(), 1h);
}

TEST(Limits, SayWhichLimitWasReached) {
  FakeClock clock;
  std::stop_source stop;
  const Limits limits{.deadline = clock.now() + 1s, .stop = stop.get_token()};
  EXPECT_TRUE(limits.check(clock, "reading").has_value());
  clock.advance(2s);
  EXPECT_EQ(limits.check(clock, "reading").error().code, ErrorCode::deadline_exceeded);
  stop.request_stop();
  EXPECT_EQ(limits.check(clock, "reading").error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace aloft
