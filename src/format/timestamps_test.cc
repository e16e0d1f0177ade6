// SPDX-License-Identifier: Apache-2.0
#include "format/timestamps.h"

#include <gtest/gtest.h>

namespace aloft::format {
namespace {

using namespace std::chrono_literals;

TEST(Timestamps, ReadsTheFormsOfOtherTools) {
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:01.5Z"), 1500ms);
  EXPECT_EQ(parse_timestamp("2026-01-31T12:00:00.123456789+01:00"), 1769857200s + 123456789ns);
  EXPECT_EQ(parse_timestamp("2026-01-31 12:00:00 +0100"), 1769857200s);
  EXPECT_EQ(parse_timestamp("1969-12-31T23:59:59.25Z"), -750ms);
}

TEST(Timestamps, RefusesWhatIsNone) {
  for (const char* text : {"", "yesterday", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z",
                           "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z",
                           "0001-01-01T00:00:00Z", "2026-01-01T00:00:00Zx"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

TEST(Timestamps, WritesWhatItReads) {
  for (const auto time : {0ns, 1ns, -1ns, std::chrono::nanoseconds(1769857200123456789)}) {
    EXPECT_EQ(parse_timestamp(format_timestamp(time)), time);
  }
  EXPECT_EQ(format_timestamp(-1ns), "1969-12-31T23:59:59.999999999Z");
}

}  // namespace
}  // namespace aloft::format
