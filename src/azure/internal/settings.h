// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/directories.h"
#include "base/result.h"

namespace aloft::azure::internal {

/// Of a variable; empty where it is not set.
std::string_view value_of(const EnvironmentLookup& environment, const char* name);

/// The accounts file, parsed; nothing if there is none. Fails with permission_denied where others
/// may read it, and with invalid_argument, naming the line, where it is malformed.
Result<std::optional<toml::table>> read_accounts_file(const std::string& path);

/// The text of the accounts file at `path`, parsed; fails with invalid_argument as above.
Result<toml::table> parse_accounts(std::string_view text, const std::string& path);

/// One setting that a table may have.
struct Setting {
  std::string_view name;
  std::string* value;
};

/// Fills `settings` with what `table`, called "[section]" in messages, says; those that it does not
/// name stay. Fails with invalid_argument, naming the line, for anything else that it holds.
Result<void> read_settings(const toml::table& table, std::span<const Setting> settings,
                           const std::string& path, std::string_view section);

}  // namespace aloft::azure::internal
