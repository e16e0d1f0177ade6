// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/account_table.h"

#include <fmt/core.h>

#include "azure/connection_string.h"
#include "azure/internal/identity_settings.h"

namespace aloft::azure::internal {
namespace {

/// What both kinds of accounts may say; empty where they do not.
struct Settings {
  std::string key{};
  std::string sas{};
  std::string connection_string{};
  std::string endpoint{};
  std::string dfs_endpoint{};
  IdentitySettings identity{};
};

Result<Settings> read(const AccountTable& table, std::string_view section,
                      std::vector<Setting> (*names)(Settings&)) {
  Settings settings;
  std::vector<Setting> known = names(settings);
  for (const Setting& setting : settings.identity.by_name()) known.push_back(setting);
  TRY(read_settings(table.table, known, table.path, section));
  return settings;
}

std::vector<Setting> storage_names(Settings& settings) {
  return {{"key", &settings.key},
          {"sas", &settings.sas},
          {"connection_string", &settings.connection_string},
          {"endpoint", &settings.endpoint},
          {"dfs_endpoint", &settings.dfs_endpoint}};
}

std::vector<Setting> batch_names(Settings& settings) {
  return {{"endpoint", &settings.endpoint}, {"key", &settings.key}};
}

/// An identity needs no other credential, and nobody must guess which is meant.
Result<void> check_only_one(const Settings& settings, const std::string& origin) {
  const int count = !settings.key.empty() + !settings.sas.empty() +
                    !settings.connection_string.empty() + !settings.identity.credential.empty();
  if (count <= 1) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("{}: an account has one of key, sas, connection_string and credential "
                          "(an identity needs no key); remove the others",
                          origin));
}

/// A connection string says where the account is.
Result<void> check_only_one_place(const Settings& settings, const std::string& origin) {
  if (settings.connection_string.empty() || settings.endpoint.empty()) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("{}: connection_string and endpoint cannot stand together; remove "
                          "endpoint, or put it into the connection string as BlobEndpoint",
                          origin));
}

Result<Credential> identities(const Settings& settings, const AccountTable& table,
                              const ServiceEndpoint& endpoint, const std::string& origin) {
  Identities identities =
      TRY(identities_of(settings.identity, origin, table.environment, table.machine));
  TRY(check_endpoint(endpoint, origin));
  return identities;
}

Result<Credential> credential_of(const Settings& settings, const AccountTable& table,
                                 const ServiceEndpoint& endpoint, const std::string& origin) {
  if (!settings.identity.credential.empty()) return identities(settings, table, endpoint, origin);
  if (!settings.key.empty()) return TRY(parse_shared_key(settings.key, origin));
  if (!settings.sas.empty()) return TRY(parse_sas_token(settings.sas, origin));
  return Anonymous{};
}

Result<Account> account_of_connection_string(const Settings& settings, std::string_view name,
                                             const std::string& origin) {
  Account account = TRY(parse_connection_string(settings.connection_string, origin));
  if (account.name == name) return account;
  return fail(ErrorCode::invalid_argument,
              fmt::format("{}: the connection string is of the account {}", origin, account.name));
}

}  // namespace

Result<Account> storage_account_of(const AccountTable& table) {
  const std::string section = fmt::format("account.{}", table.name);
  const std::string origin = fmt::format("{} [{}]", table.path, section);
  const Settings settings = TRY(read(table, section, storage_names));
  TRY(check_only_one(settings, origin));
  TRY(check_only_one_place(settings, origin));
  TRY(check_settings(settings.identity, origin));
  Connection connection = TRY(connection_of(settings.identity, origin));
  Account account{.name = std::string(table.name), .endpoint = usual_blob_endpoint(table.name)};
  if (!settings.connection_string.empty()) {
    account = TRY(account_of_connection_string(settings, table.name, origin));
  } else {
    if (!settings.endpoint.empty()) {
      account.endpoint = TRY(parse_service_endpoint(settings.endpoint));
    }
    account.credential = TRY(credential_of(settings, table, account.endpoint, origin));
  }
  if (!settings.dfs_endpoint.empty()) {
    account.dfs_endpoint = TRY(parse_service_endpoint(settings.dfs_endpoint));
  }
  account.connection = std::move(connection);
  return account;
}

Result<BatchAccount> batch_account_of(const AccountTable& table) {
  const std::string section = fmt::format("batch.{}", table.name);
  const std::string origin = fmt::format("{} [{}]", table.path, section);
  const Settings settings = TRY(read(table, section, batch_names));
  TRY(check_only_one(settings, origin));
  TRY(check_settings(settings.identity, origin));
  if (settings.endpoint.empty()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the Batch account {} has no endpoint: set endpoint in {} to its URL, "
                            "https://{}.REGION.batch.azure.com",
                            table.name, origin, table.name));
  }
  if (settings.key.empty() && settings.identity.credential.empty()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the Batch account {} has neither key nor credential: set key in {}",
                            table.name, origin));
  }
  BatchAccount account{.name = std::string(table.name)};
  account.endpoint = TRY(parse_batch_endpoint(settings.endpoint, "endpoint in " + origin));
  account.credential = TRY(credential_of(settings, table, account.endpoint, "key in " + origin));
  account.connection = TRY(connection_of(settings.identity, origin));
  return account;
}

ServiceEndpoint usual_blob_endpoint(std::string_view account) {
  if (account != kEmulatorAccount) return default_blob_endpoint(account);
  return {.server = {.tls = false, .host = "127.0.0.1", .port = 10000},
          .base_path = fmt::format("/{}", account)};
}

Result<ServiceEndpoint> parse_batch_endpoint(std::string_view text, std::string_view origin) {
  const bool has_scheme = text.find("://") != std::string_view::npos;
  Result<ServiceEndpoint> endpoint =
      parse_service_endpoint(has_scheme ? std::string(text) : fmt::format("https://{}", text));
  if (endpoint) return endpoint;
  return fail(endpoint.error().code, fmt::format("{}: {}", origin, endpoint.error().message));
}

}  // namespace aloft::azure::internal
