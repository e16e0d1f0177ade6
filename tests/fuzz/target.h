// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"

/// What each fuzz target defines: runs its parsers on `size` bytes and returns 0. A crash, a failed
/// CHECK and a report of a sanitizer are findings; that the bytes make no sense is none. Its name
/// and form are libFuzzer's, which calls it under `tools/fuzz`; driver.cc does so in the tests.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Takes what is before `separator`, or all, off the front of `text`.
inline std::string_view take_until(std::string_view& text, std::string_view separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + separator.size());
  return part;
}

}  // namespace fuzz
