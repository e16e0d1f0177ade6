// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/filter.h"

#include <gtest/gtest.h>

namespace aloft::emulator::batch {
namespace {

constexpr std::string_view kProperties[] = {"id", "executionInfo/exitCode", "creationTime", "gone"};

bool matches(std::string_view text) {
  const auto filter = Filter::parse(text, kProperties);
  EXPECT_TRUE(filter.has_value()) << text;
  return filter && filter->matches([](std::size_t property) -> FilterValue {
    if (property == 0) return "it's";
    if (property == 1) return std::int64_t{3};
    if (property == 2) return *parse_iso_time("2026-11-21T03:30:00Z");
    return {};
  });
}

TEST(Filter, Compares) {
  EXPECT_TRUE(matches("id eq 'it''s'"));
  EXPECT_FALSE(matches("id ne 'it''s'"));
  EXPECT_TRUE(matches("startswith(id, 'it')"));
  EXPECT_TRUE(matches("executionInfo/exitCode gt 2 and executionInfo/exitCode le 3"));
  EXPECT_TRUE(matches("creationTime lt 2026-11-21T03:30:01Z"));
  EXPECT_TRUE(matches("creationTime ge datetime'2026-11-21T03:30:00Z'"));
  EXPECT_TRUE(matches("gone eq null"));
  EXPECT_FALSE(matches("gone eq 'x' or gone gt 'a'"));
}

TEST(Filter, BindsAndStrongerThanOr) {
  EXPECT_TRUE(matches("id eq 'it''s' or id eq 'x' and id eq 'y'"));
  EXPECT_FALSE(matches("(id eq 'it''s' or id eq 'x') and id eq 'y'"));
  EXPECT_TRUE(matches("not (id eq 'x')"));
}

TEST(Filter, RefusesWhatIsNone) {
  for (const char* wrong : {"", "id", "id eq", "id eq x", "id is 'x'", "colour eq 'x'", "id eq 'x",
                            "(id eq 'x'", "id eq 'x' id eq 'y'", "startswith(id)"}) {
    EXPECT_FALSE(Filter::parse(wrong, kProperties).has_value()) << wrong;
  }
  EXPECT_FALSE(Filter::parse(std::string(10'000, '('), kProperties).has_value());
}

}  // namespace
}  // namespace aloft::emulator::batch
