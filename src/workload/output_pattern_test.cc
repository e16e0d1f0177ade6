// SPDX-License-Identifier: Apache-2.0
#include "workload/output_pattern.h"

#include <gtest/gtest.h>

namespace aloft::workload {
namespace {

TEST(OutputPattern, FillsItsFieldsForOneTask) {
  OutputPattern pattern;
  pattern.add_text("logs/");
  pattern.add_field(OutputField::array_job);
  pattern.add_text("_");
  pattern.add_field(OutputField::array_index, 4);
  pattern.add_text(".{out}");
  EXPECT_EQ(pattern.expand({.array_job = 12, .array_index = 7}), "logs/12_0007.{out}");
}

TEST(OutputPattern, ComesBackFromItsText) {
  OutputPattern pattern;
  pattern.add_text("a{b}");
  for (int field = 0; field <= static_cast<int>(OutputField::step); ++field) {
    pattern.add_field(static_cast<OutputField>(field), field);
  }
  EXPECT_EQ(OutputPattern::from_text(pattern.to_text()).value(), pattern);
  EXPECT_EQ(OutputPattern::from_text("").value(), OutputPattern());
}

TEST(OutputPattern, RefusesTextThatIsNone) {
  for (const char* text : {"{", "}", "{nothing}", "{step", "{step:x}", "{step:1x}", "a}b"}) {
    EXPECT_FALSE(OutputPattern::from_text(text)) << text;
  }
}

}  // namespace
}  // namespace aloft::workload
