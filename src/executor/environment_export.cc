// SPDX-License-Identifier: Apache-2.0
#include "executor/environment_export.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace aloft::executor {
namespace {

using Inherit = workload::EnvironmentExport::Inherit;

constexpr std::array<std::string_view, 8> kAccountVariables{
    "HOME",           "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME",
    "XDG_STATE_HOME", "XDG_DATA_HOME",   "ALOFT_LOCAL_DIR", "TMPDIR"};
constexpr std::array<std::string_view, 8> kLoginVariables{"HOME", "USER", "LOGNAME", "SHELL",
                                                          "PATH", "LANG", "MAIL",    "TZ"};
constexpr std::array<std::string_view, 8> kSecretParts{
    "SECRET",     "TOKEN",       "PASSWORD",          "PASSWD",
    "PASSPHRASE", "CREDENTIALS", "CONNECTION_STRING", "PRIVATE_KEY"};
constexpr std::array<std::string_view, 7> kSecretEnds{
    "STORAGE_KEY", "ACCESS_KEY", "ACCOUNT_KEY", "API_KEY", "APIKEY", "SAS", "SHARED_KEY"};

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
  return text;
}

template <std::size_t count>
bool holds(const std::array<std::string_view, count>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool rule_chooses(const workload::EnvironmentExport& rule, const std::string& name) {
  switch (rule.inherit) {
    case Inherit::all:
      return true;
    case Inherit::login:
      return holds(kLoginVariables, name);
    default:
      return std::find(rule.names.begin(), rule.names.end(), name) != rule.names.end();
  }
}

void carry(CarriedEnvironment& carried, const std::string& name, const std::string& value) {
  if (looks_secret(name, value)) {
    carried.secrets.push_back(name);
  } else if (!is_utf8(name) || !is_utf8(value)) {
    carried.not_text.push_back(name);
  } else {
    carried.variables[name] = value;
  }
}

/// The rule in the words of a dialect that has ALL, NONE, NIL, names and assignments.
std::string rewrite(const workload::EnvironmentExport& rule) {
  std::string text = rule.inherit == Inherit::all     ? "ALL"
                     : rule.inherit == Inherit::login ? "NONE"
                     : rule.inherit == Inherit::none  ? "NIL"
                                                      : "";
  const auto add = [&text](const std::string& item) { text += (text.empty() ? "" : ",") + item; };
  for (const std::string& name : rule.names) add(name);
  for (const auto& [name, value] : rule.assignments) add(name + "=" + value);
  return text;
}

}  // namespace

void strip_secrets(workload::EnvironmentExport& rule) {
  const auto removed = std::erase_if(rule.assignments, [](const auto& assignment) {
    return looks_secret(assignment.first, assignment.second);
  });
  if (removed > 0) rule.written = rewrite(rule);
}

bool looks_secret(const std::string& name, const std::string& value) {
  const std::string known = upper(name);
  // A library's switches, in the environment of many who train models.
  if (known.starts_with("TOKENIZERS_")) return false;
  const auto in_name = [&](std::string_view part) { return known.find(part) != std::string::npos; };
  const auto at_end = [&](std::string_view part) { return known.ends_with(part); };
  return std::any_of(kSecretParts.begin(), kSecretParts.end(), in_name) ||
         std::any_of(kSecretEnds.begin(), kSecretEnds.end(), at_end) ||
         value.find("AccountKey=") != std::string::npos ||
         value.find("SharedAccessSignature=") != std::string::npos ||
         (value.find("sig=") != std::string::npos && value.find("sv=") != std::string::npos);
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xc2 && first < 0xe0 ? 2
                               : first >= 0xe0 && first < 0xf0 ? 3
                               : first >= 0xf0 && first < 0xf5 ? 4
                                                               : 0;
    if (length == 0 || at + length > text.size()) return false;
    for (std::size_t i = 1; i < length; ++i) {
      if ((static_cast<unsigned char>(text[at + i]) & 0xc0) != 0x80) return false;
    }
    // Overlong forms, surrogates, and what lies behind the last code point.
    const auto second = length > 1 ? static_cast<unsigned char>(text[at + 1]) : 0;
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
      return false;
    }
    at += length;
  }
  return true;
}

CarriedEnvironment choose_environment(const workload::EnvironmentExport& rule,
                                      const std::vector<std::string>& environment) {
  CarriedEnvironment carried;
  for (const std::string& variable : environment) {
    const std::size_t mark = variable.find('=');
    if (mark == std::string::npos || mark == 0) continue;
    const std::string name = variable.substr(0, mark);
    const std::string value = variable.substr(mark + 1);
    if (holds(kAccountVariables, name) && is_utf8(value)) carried.for_accounts[name] = value;
    if (name.starts_with("SLURM_") || name == "SLURMD_NODENAME") continue;
    if (rule_chooses(rule, name)) carry(carried, name, value);
  }
  if (rule.inherit == Inherit::login) {
    carried.variables.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  }
  for (const auto& [name, value] : rule.assignments) carry(carried, name, value);
  return carried;
}

}  // namespace aloft::executor
