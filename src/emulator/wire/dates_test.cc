// SPDX-License-Identifier: Apache-2.0
#include "emulator/wire/dates.h"

#include <gtest/gtest.h>

namespace aloft::emulator {
namespace {

TEST(Dates, RoundTrip) {
  const auto time = parse_http_date("Sat, 21 Nov 2026 03:30:09 GMT");
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(format_http_date(*time), "Sat, 21 Nov 2026 03:30:09 GMT");
  EXPECT_EQ(format_iso_date(*time), "2026-11-21T03:30:09.0000000Z");
  EXPECT_EQ(parse_iso_date("2026-11-21T03:30:09Z"), time);
  EXPECT_EQ(parse_iso_date("2026-11-21T03:30:09.1234567Z"), time);
  EXPECT_EQ(parse_iso_date("2026-11-21T03:30Z"), *time - std::chrono::seconds(9));
  EXPECT_EQ(format_http_date(*parse_iso_date("2024-02-29")), "Thu, 29 Feb 2024 00:00:00 GMT");
  EXPECT_EQ(format_iso_date(*time + std::chrono::years(8000)), "10026-11-21T03:30:09.0000000Z");
}

TEST(Dates, RefuseWhatIsNone) {
  for (const char* wrong : {"", "yesterday", "Sat, 21 Nov 2026 03:30:09",
                            "Sat, 31 Feb 2026 00:00:00 GMT", "Sat, 21 Nov 2026 24:00:00 GMT"}) {
    EXPECT_FALSE(parse_http_date(wrong).has_value()) << wrong;
  }
  for (const char* wrong : {"", "2026", "2026-13-01", "2026-01-01T00:00", "2026-01-01 00:00:00Z"}) {
    EXPECT_FALSE(parse_iso_date(wrong).has_value()) << wrong;
  }
}

TEST(Dates, KeepFractionsOfASecond) {
  const Instant time = Seconds(std::chrono::seconds(1'750'000'000)) + std::chrono::microseconds(42);
  EXPECT_EQ(format_iso_date(time), "2025-06-15T15:06:40.0000420Z");
  EXPECT_EQ(parse_iso_time(format_iso_date(time)), time);
  EXPECT_EQ(parse_iso_time("2025-06-15T15:06:40.5Z"),
            parse_iso_time("2025-06-15T15:06:40.5000000Z"));
  EXPECT_FALSE(parse_iso_time("2025-06-15T15:06:40.Z"));
  EXPECT_FALSE(parse_iso_time("2025-06-15T15:06:40.12345678Z"));
}

}  // namespace
}  // namespace aloft::emulator
