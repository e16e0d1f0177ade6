// SPDX-License-Identifier: Apache-2.0
#include "azure/account_resolver.h"

#include <fmt/core.h>

#include <optional>

#include "azure/connection_string.h"
#include "azure/emulator_record.h"
#include "azure/internal/settings.h"
#include "azure/names/blob_names.h"

namespace aloft::azure {
namespace {

using internal::value_of;

/// What is known of an account before it is complete; empty where not set.
struct Settings {
  std::string key{};
  std::string sas{};
  std::string connection_string{};
  std::string endpoint{};
  std::string credential{};
  std::string client_id{};
};

ServiceEndpoint usual_endpoint(std::string_view account) {
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

Result<Credential> managed_identity_of(const Settings& settings, const ServiceEndpoint& endpoint,
                                       const std::string& origin,
                                       const EnvironmentLookup& environment) {
  if (settings.credential != "managed-identity") {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{}: credential is \"managed-identity\" or not set; \"{}\" is not known",
                    origin, settings.credential));
  }
  if (!settings.key.empty() || !settings.sas.empty()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}: a managed identity needs no key and no sas; remove them", origin));
  }
  if (!may_carry_tokens(endpoint.server)) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}: a managed identity's tokens are sent over https only; correct the "
                            "endpoint {}",
                            origin, to_string(endpoint)));
  }
  ManagedIdentity identity{.client_id = settings.client_id};
  const auto authority = value_of(environment, "AZURE_POD_IDENTITY_AUTHORITY_HOST");
  if (!authority.empty()) identity.authority = authority;
  return identity;
}

Result<Account> account_of(const Settings& settings, std::string_view name,
                           const std::string& origin, const EnvironmentLookup& environment) {
  if (!settings.connection_string.empty()) {
    Account account = TRY(parse_connection_string(settings.connection_string, origin));
    if (account.name == name) return account;
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{}: the connection string is of the account {}", origin, account.name));
  }
  Account account{.name = std::string(name), .endpoint = usual_endpoint(name), .credential = {}};
  if (!settings.endpoint.empty()) account.endpoint = TRY(parse_service_endpoint(settings.endpoint));
  account.credential =
      TRY(settings.credential.empty()
              ? credential_of(settings.key, settings.sas, origin)
              : managed_identity_of(settings, account.endpoint, origin, environment));
  return account;
}

Result<std::optional<Account>> from_file(std::string_view name, const std::string& path,
                                         const EnvironmentLookup& environment) {
  const std::optional<toml::table> file = TRY(internal::read_accounts_file(path));
  if (!file) return std::nullopt;
  const toml::table* const table = (*file)["account"][name].as_table();
  if (table == nullptr) return std::nullopt;
  Settings settings;
  const internal::Setting known[] = {{"key", &settings.key},
                                     {"sas", &settings.sas},
                                     {"connection_string", &settings.connection_string},
                                     {"endpoint", &settings.endpoint},
                                     {"credential", &settings.credential},
                                     {"client_id", &settings.client_id}};
  TRY(internal::read_settings(*table, known, path, fmt::format("account.{}", name)));
  return TRY(account_of(settings, name, fmt::format("{} [account.{}]", path, name), environment));
}

}  // namespace

std::string accounts_file_path(const EnvironmentLookup& environment) {
  return config_directory(environment) + "/accounts.toml";
}

Result<Account> resolve_account(std::string_view name, const EnvironmentLookup& environment) {
  TRY(check_account_name(name));
  if (auto account = TRY(from_environment(name, environment))) return std::move(*account);
  const std::string path = accounts_file_path(environment);
  if (auto account = TRY(from_file(name, path, environment))) return std::move(*account);
  if (name == kEmulatorAccount) {
    auto emulator = TRY(read_emulator_record(environment));
    if (emulator && emulator->storage.name == name) return std::move(emulator->storage);
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
