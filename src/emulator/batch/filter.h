// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "emulator/batch/service_error.h"
#include "emulator/wire/dates.h"

namespace aloft::emulator::batch {

/// What a filter compares: nothing (the property is absent), a truth, a number, a time, a text.
using FilterValue = std::variant<std::monostate, bool, std::int64_t, Instant, std::string>;

/// An OData $filter: comparisons (eq, ne, gt, ge, lt, le) and startswith, with and, or, not and
/// parentheses. A property that is absent is equal to null alone.
class Filter {
 public:
  /// `properties` are those that may be filtered by, as "executionInfo/exitCode". Refuses, with the
  /// place, what is no filter over them.
  static Outcome<Filter> parse(std::string_view text, std::span<const std::string_view> properties);

  /// `value_of` gives the value of a property by its index.
  using ValueOf = std::function<FilterValue(std::size_t property)>;
  bool matches(const ValueOf& value_of) const { return matches(*root_, value_of); }

 private:
  friend class FilterParser;
  struct Term {
    enum class Kind {
      all,
      any,
      none,
      equal,
      unequal,
      greater,
      not_less,
      less,
      not_greater,
      prefix
    };
    Kind kind = Kind::all;
    std::vector<Term> terms{};  ///< Of all, any (of) and none (not).
    std::size_t property = 0;
    FilterValue value{};
  };
  explicit Filter(Term root) : root_(std::make_shared<const Term>(std::move(root))) {}
  static bool matches(const Term& term, const ValueOf& value_of);
  static bool compares(const Term& term, const FilterValue& value);

  std::shared_ptr<const Term> root_;
};

}  // namespace aloft::emulator::batch
