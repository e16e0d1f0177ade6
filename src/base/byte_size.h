// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aloft {

inline constexpr std::uint64_t operator""_KiB(unsigned long long count) {
  return count << 10;
}
inline constexpr std::uint64_t operator""_MiB(unsigned long long count) {
  return count << 20;
}
inline constexpr std::uint64_t operator""_GiB(unsigned long long count) {
  return count << 30;
}

/// "4096", "64K", "8MiB", "1.5G": binary units, an optional "iB" or "B" behind the letter.
Result<std::uint64_t> parse_byte_size(std::string_view text);

/// "0 B", "999 B", "8.0 MiB": three significant places at most, for people.
std::string format_byte_size(std::uint64_t size_bytes);

}  // namespace aloft
