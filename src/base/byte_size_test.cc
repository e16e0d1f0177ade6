// SPDX-License-Identifier: Apache-2.0
#include "base/byte_size.h"

#include <gtest/gtest.h>

namespace aloft {
namespace {

TEST(ByteSize, ReadsNumbersWithBinaryUnits) {
  EXPECT_EQ(parse_byte_size("0").value(), 0u);
  EXPECT_EQ(parse_byte_size("4096").value(), 4096u);
  EXPECT_EQ(parse_byte_size("64k").value(), 64_KiB);
  EXPECT_EQ(parse_byte_size("8MiB").value(), 8_MiB);
  EXPECT_EQ(parse_byte_size("8MB").value(), 8_MiB);
  EXPECT_EQ(parse_byte_size("1.5G").value(), 1536_MiB);
}

TEST(ByteSize, RefusesWhatIsNoSize) {
  for (const char* text : {"", "x", "-1", "8Q", "8 M", "iB", "8iB", "nan", "99999999T", "8MiBs"}) {
    EXPECT_FALSE(parse_byte_size(text).has_value()) << text;
  }
}

TEST(ByteSize, PrintsForPeople) {
  EXPECT_EQ(format_byte_size(0), "0 B");
  EXPECT_EQ(format_byte_size(1023), "1023 B");
  EXPECT_EQ(format_byte_size(8_MiB), "8.0 MiB");
  EXPECT_EQ(format_byte_size(1023_KiB), "1.0 MiB");
  EXPECT_EQ(format_byte_size(200_GiB), "200 GiB");
}

}  // namespace
}  // namespace aloft
