// SPDX-License-Identifier: Apache-2.0
#include "object/lateness.h"

#include <gtest/gtest.h>

namespace aloft {
namespace {

using namespace std::chrono_literals;

/// One in so many is slow.
void note_many(Lateness& lateness, int count, int slow_every, std::chrono::nanoseconds slow) {
  for (int i = 1; i <= count; ++i) lateness.note(i % slow_every == 0 ? slow : 10ms);
}

TEST(Lateness, IsUnknownAtFirst) {
  Lateness lateness;
  note_many(lateness, 199, 1000, 1s);
  EXPECT_EQ(lateness.late_after(), Lateness::kUnknown);
  lateness.note(10ms);
  EXPECT_GE(lateness.late_after(), 10ms);
  EXPECT_LE(lateness.late_after(), 13ms);
}

TEST(Lateness, IsWhatAllButOneInAHundredStayBelow) {
  Lateness lateness;
  note_many(lateness, 1000, 200, 1s);
  EXPECT_LE(lateness.late_after(), 13ms) << "one in two hundred is slow";
  note_many(lateness, 1000, 20, 100ms);
  EXPECT_GE(lateness.late_after(), 100ms) << "that is how the service is";
}

TEST(Lateness, ForgetsHowTheServiceWas) {
  Lateness lateness;
  note_many(lateness, 5000, 1, 500ms);
  ASSERT_GE(lateness.late_after(), 500ms);
  note_many(lateness, 30'000, 1000, 1s);
  EXPECT_LE(lateness.late_after(), 13ms);
}

TEST(Lateness, IsNeverLessThanASecondAttemptTakes) {
  Lateness lateness;
  for (int i = 0; i < 1000; ++i) lateness.note(100us);
  EXPECT_EQ(lateness.late_after(), 2ms);
}

TEST(Lateness, AllowsTwoInAHundred) {
  Lateness lateness;
  EXPECT_FALSE(lateness.may_send_again());
  int again = 0;
  for (int i = 0; i < 10'000; ++i) {
    lateness.note(10ms);
    again += lateness.may_send_again() ? 1 : 0;
  }
  EXPECT_GE(again, 195);
  EXPECT_LE(again, 200);
  note_many(lateness, 10'000, 100, 1s);
  for (again = 0; lateness.may_send_again();) ++again;
  EXPECT_LE(again, 8) << "they cannot be saved up";
}

}  // namespace
}  // namespace aloft
