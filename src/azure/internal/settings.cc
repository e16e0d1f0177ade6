// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/settings.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "azure/private_file.h"

namespace aloft::azure::internal {

std::string_view value_of(const EnvironmentLookup& environment, const char* name) {
  const char* value = environment(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

Result<std::optional<toml::table>> read_accounts_file(const std::string& path) {
  const std::optional<std::string> text = TRY(read_private_file(path));
  if (!text) return std::nullopt;
  return TRY(parse_accounts(*text, path));
}

Result<toml::table> parse_accounts(std::string_view text, const std::string& path) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  }
}

Result<void> read_settings(const toml::table& table, std::span<const Setting> settings,
                           const std::string& path, std::string_view section) {
  for (const auto& [key, value] : table) {
    const auto found = std::ranges::find(settings, key.str(), &Setting::name);
    if (found == settings.end() || !value.is_string()) {
      std::vector<std::string_view> names;
      for (const Setting& setting : settings) names.push_back(setting.name);
      return fail(
          ErrorCode::invalid_argument,
          fmt::format("{}:{}: [{}] takes {}, each a string; \"{}\" is not one of them", path,
                      key.source().begin.line, section, fmt::join(names, ", "), key.str()));
    }
    *found->value = **value.as_string();
  }
  return {};
}

}  // namespace aloft::azure::internal
