// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/blob/service_error.h"

namespace aloft::emulator::blob {

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

enum class Level { account, container, blob };

/// What a request is about: /ACCOUNT[/CONTAINER[/BLOB]][?QUERY].
struct Target {
  std::string path{};  ///< As sent, encoded, from the first slash to the query: what is signed.
  std::string account{};
  std::string container{};  ///< Empty at account level.
  std::string blob{};       ///< Empty but at blob level; decoded.
  Query query{};

  Level level() const {
    return container.empty() ? Level::account : blob.empty() ? Level::container : Level::blob;
  }
};

/// Fails with invalid_uri where the text cannot be decoded.
Outcome<Target> parse_target(std::string_view text);

/// Decodes %XX; nothing where a percent sign is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace aloft::emulator::blob
