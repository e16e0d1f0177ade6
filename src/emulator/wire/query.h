// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aloft::emulator {

/// The parameters of a query: names in lower case, values decoded.
class Query {
 public:
  void add(std::string name, std::string value);
  /// Nothing where the parameter is absent; the first value where it is repeated.
  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view get(std::string_view name) const { return find(name).value_or(""); }
  bool contains(std::string_view name) const { return find(name).has_value(); }
  /// By name and value, as signatures want them.
  std::vector<std::pair<std::string, std::string>> sorted() const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

/// What follows the question mark; nothing where a name or value cannot be decoded.
std::optional<Query> parse_query(std::string_view text);

/// Decodes %XX; nothing where a percent sign is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// Bytes other than letters, digits and -._~ as %XX; "/" stays unless `keeps_slashes` is false.
std::string percent_encode(std::string_view text, bool keeps_slashes = true);

/// ASCII letters only, as names in protocols are compared.
std::string lower_case(std::string_view text);

}  // namespace aloft::emulator
