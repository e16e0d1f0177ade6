// SPDX-License-Identifier: Apache-2.0
#include "base/name_table.h"

#include <gtest/gtest.h>

namespace aloft {
namespace {

enum class Tide { low, high, unnamed };
constexpr NameTable<Tide, 2> kTides{{{Tide::low, "low"}, {Tide::high, "high"}}};

TEST(NameTable, WritesAndReadsNames) {
  EXPECT_EQ(name_in(kTides, Tide::high), "high");
  EXPECT_EQ(value_in(kTides, "low"), Tide::low);
  EXPECT_EQ(value_in(kTides, "lo"), std::nullopt);
}

TEST(NameTableDeathTest, AValueWithoutANameIsABug) {
  EXPECT_DEATH(name_in(kTides, Tide::unnamed), "every value has a name");
}

}  // namespace
}  // namespace aloft
