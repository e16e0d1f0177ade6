// SPDX-License-Identifier: Apache-2.0
#include "azure/account_resolver.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <optional>

#include "azure/connection_string.h"
#include "azure/emulator_record.h"
#include "azure/names/blob_names.h"
#include "azure/private_file.h"

namespace aloft::azure {
namespace {

/// What is known of an account before it is complete; empty where not set.
struct Settings {
  std::string key{};
  std::string sas{};
  std::string connection_string{};
  std::string endpoint{};
};

std::string_view value_of(const EnvironmentLookup& environment, const char* name) {
  const char* value = environment(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

BlobEndpoint usual_endpoint(std::string_view account) {
  if (account != kEmulatorAccount) return default_blob_endpoint(account);
  return {.server = {.tls = false, .host = "127.0.0.1", .port = 10000},
          .base_path = fmt::format("/{}", account)};
}

Result<Credential> credential_of(std::string_view key, std::string_view sas,
                                 std::string_view origin) {
  if (!key.empty()) return TRY(parse_shared_key(key, origin));
  if (!sas.empty()) return TRY(parse_sas_token(sas, origin));
  return Anonymous{};
}

Result<std::optional<Account>> from_environment(std::string_view name,
                                                const EnvironmentLookup& environment) {
  const auto connection = value_of(environment, "AZURE_STORAGE_CONNECTION_STRING");
  if (!connection.empty()) {
    Account account = TRY(parse_connection_string(connection, "AZURE_STORAGE_CONNECTION_STRING"));
    if (account.name == name) return account;
  }
  if (value_of(environment, "AZURE_STORAGE_ACCOUNT") != name) return std::nullopt;
  const auto key = value_of(environment, "AZURE_STORAGE_KEY");
  const auto sas = value_of(environment, "AZURE_STORAGE_SAS_TOKEN");
  if (key.empty() && sas.empty()) return std::nullopt;
  Credential credential =
      TRY(credential_of(key, sas, key.empty() ? "AZURE_STORAGE_SAS_TOKEN" : "AZURE_STORAGE_KEY"));
  return Account{.name = std::string(name),
                 .endpoint = usual_endpoint(name),
                 .credential = std::move(credential)};
}

Result<Settings> read_settings(const toml::table& table, const std::string& path,
                               std::string_view name) {
  Settings settings;
  for (const auto& [key, value] : table) {
    std::string* const target = key.str() == "key"                 ? &settings.key
                                : key.str() == "sas"               ? &settings.sas
                                : key.str() == "connection_string" ? &settings.connection_string
                                : key.str() == "endpoint"          ? &settings.endpoint
                                                                   : nullptr;
    if (target == nullptr || !value.is_string()) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{}:{}: [account.{}] takes key, sas, connection_string and endpoint, "
                              "each a string; \"{}\" is not one of them",
                              path, key.source().begin.line, name, key.str()));
    }
    *target = **value.as_string();
  }
  return settings;
}

Result<Account> account_of(const Settings& settings, std::string_view name,
                           const std::string& origin) {
  if (!settings.connection_string.empty()) {
    Account account = TRY(parse_connection_string(settings.connection_string, origin));
    if (account.name == name) return account;
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{}: the connection string is of the account {}", origin, account.name));
  }
  Account account{.name = std::string(name), .endpoint = usual_endpoint(name), .credential = {}};
  if (!settings.endpoint.empty()) account.endpoint = TRY(parse_blob_endpoint(settings.endpoint));
  account.credential = TRY(credential_of(settings.key, settings.sas, origin));
  return account;
}

Result<toml::table> parse_toml(std::string_view text, const std::string& path) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  }
}

Result<std::optional<Account>> from_file(std::string_view name, const std::string& path) {
  const std::optional<std::string> text = TRY(read_private_file(path));
  if (!text) return std::nullopt;
  const toml::table accounts = TRY(parse_toml(*text, path));
  const toml::table* const table = accounts["account"][name].as_table();
  if (table == nullptr) return std::nullopt;
  const Settings settings = TRY(read_settings(*table, path, name));
  return TRY(account_of(settings, name, fmt::format("{} [account.{}]", path, name)));
}

}  // namespace

std::string accounts_file_path(const EnvironmentLookup& environment) {
  return config_directory(environment) + "/accounts.toml";
}

Result<Account> resolve_account(std::string_view name, const EnvironmentLookup& environment) {
  TRY(check_account_name(name));
  if (auto account = TRY(from_environment(name, environment))) return std::move(*account);
  const std::string path = accounts_file_path(environment);
  if (auto account = TRY(from_file(name, path))) return std::move(*account);
  if (name == kEmulatorAccount) {
    auto account = TRY(read_emulator_record(environment));
    if (account && account->name == name) return std::move(*account);
    return fail(
        ErrorCode::not_found,
        fmt::format(
            "no emulator runs for the account {} (no record of a running one at {}); start it: "
            "aloft emulator",
            name, emulator_record_path(environment)));
  }
  return fail(
      ErrorCode::not_found,
      fmt::format("nothing is known about the storage account {}: neither the environment "
                  "(AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_CONNECTION_STRING) nor {} names it; "
                  "set AZURE_STORAGE_ACCOUNT={} and AZURE_STORAGE_KEY, or add "
                  "[account.{}] with its key to that file (mode 0600)",
                  name, path, name, name));
}

}  // namespace aloft::azure
