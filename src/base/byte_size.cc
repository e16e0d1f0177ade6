// SPDX-License-Identifier: Apache-2.0
#include "base/byte_size.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace aloft {
namespace {

constexpr std::string_view kUnits = "BKMGTPE";

}  // namespace

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  const auto bad = [text] {
    return fail(ErrorCode::invalid_argument, "'" + std::string(text) +
                                                 "' is not a size; write for example 4096, 64K, "
                                                 "8MiB or 1.5G");
  };
  double number = 0;
  const auto [end, status] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (status != std::errc() || !(number >= 0)) return bad();
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.ends_with("iB")) {
    unit.remove_suffix(2);
    if (unit.empty()) return bad();
  } else if (unit.size() == 2 && unit[1] == 'B') {
    unit.remove_suffix(1);
  }
  if (unit.size() > 1) return bad();
  const char letter = unit.empty() ? 'B' : static_cast<char>(std::toupper(unit[0]));
  const auto power = kUnits.find(letter);
  if (power == std::string_view::npos) return bad();
  const double bytes = std::round(std::ldexp(number, 10 * static_cast<int>(power)));
  if (bytes >= std::ldexp(1.0, 63)) return bad();
  return static_cast<std::uint64_t>(bytes);
}

std::string format_byte_size(std::uint64_t size_bytes) {
  if (size_bytes < 1024) return std::to_string(size_bytes) + " B";
  double value = static_cast<double>(size_bytes);
  std::size_t power = 0;
  // 999.5 would print as "1000"; the next unit reads better.
  while (value >= 999.5 && power + 1 < kUnits.size()) {
    value /= 1024;
    ++power;
  }
  char text[32];
  std::snprintf(text, sizeof text, value < 99.95 ? "%.1f %ciB" : "%.0f %ciB", value, kUnits[power]);
  return text;
}

}  // namespace aloft
