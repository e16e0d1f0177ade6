// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace aloft {

/// Each value of an enumeration with the name by which it is written and read.
template <class Value, std::size_t count>
using NameTable = std::array<std::pair<Value, std::string_view>, count>;

/// A value that has no name is our bug.
template <class Value, std::size_t count>
std::string_view name_in(const NameTable<Value, count>& table, Value wanted) {
  for (const auto& [value, name] : table) {
    if (value == wanted) return name;
  }
  check_failed("every value has a name", __FILE__, __LINE__);
}

/// Nothing for a name that is not in the table.
template <class Value, std::size_t count>
std::optional<Value> value_in(const NameTable<Value, count>& table, std::string_view wanted) {
  for (const auto& [value, name] : table) {
    if (name == wanted) return value;
  }
  return std::nullopt;
}

}  // namespace aloft
