// SPDX-License-Identifier: Apache-2.0
#include "azure/account_resolver.h"

#include <fmt/core.h>

#include <optional>

#include "azure/connection_string.h"
#include "azure/emulator_record.h"
#include "azure/internal/account_table.h"
#include "azure/internal/identity_settings.h"
#include "azure/internal/settings.h"
#include "azure/names/blob_names.h"

namespace aloft::azure {
namespace {

using internal::value_of;

Result<std::optional<Account>> from_environment(std::string_view name,
                                                const EnvironmentLookup& environment) {
  const auto connection = value_of(environment, "AZURE_STORAGE_CONNECTION_STRING");
  if (!connection.empty()) {
    Account account = TRY(parse_connection_string(connection, "AZURE_STORAGE_CONNECTION_STRING"));
    if (account.name == name) return account;
  }
  if (value_of(environment, "AZURE_STORAGE_ACCOUNT") != name) return std::nullopt;
  Account account{.name = std::string(name), .endpoint = internal::usual_blob_endpoint(name)};
  const auto key = value_of(environment, "AZURE_STORAGE_KEY");
  const auto sas = value_of(environment, "AZURE_STORAGE_SAS_TOKEN");
  if (!key.empty()) {
    account.credential = TRY(parse_shared_key(key, "AZURE_STORAGE_KEY"));
  } else if (!sas.empty()) {
    account.credential = TRY(parse_sas_token(sas, "AZURE_STORAGE_SAS_TOKEN"));
  } else {
    return std::nullopt;
  }
  return account;
}

Result<std::optional<Account>> from_file(std::string_view name, const std::string& path,
                                         const EnvironmentLookup& environment,
                                         const Machine& machine) {
  const std::optional<toml::table> file = TRY(internal::read_accounts_file(path));
  if (!file) return std::nullopt;
  const toml::table* const table = (*file)["account"][name].as_table();
  if (table == nullptr) return std::nullopt;
  return TRY(internal::storage_account_of({.table = *table,
                                           .name = name,
                                           .path = path,
                                           .environment = environment,
                                           .machine = machine}));
}

Result<Account> from_emulator(const EnvironmentLookup& environment) {
  auto emulator = TRY(read_emulator_record(environment));
  if (emulator && emulator->storage.name == kEmulatorAccount) return std::move(emulator->storage);
  return fail(ErrorCode::not_found,
              fmt::format("no emulator runs for the account {} (no record of a running one at {}); "
                          "start it: aloft emulator",
                          kEmulatorAccount, emulator_record_path(environment)));
}

}  // namespace

std::string accounts_file_path(const EnvironmentLookup& environment) {
  return config_directory(environment) + "/accounts.toml";
}

Result<Account> resolve_account(std::string_view name, const EnvironmentLookup& environment,
                                const Machine& machine) {
  TRY(check_account_name(name));
  if (auto account = TRY(from_environment(name, environment))) return std::move(*account);
  const std::string path = accounts_file_path(environment);
  if (auto account = TRY(from_file(name, path, environment, machine))) return std::move(*account);
  if (name == kEmulatorAccount) return from_emulator(environment);
  Identities identities = internal::identities_around(environment, machine);
  if (!identities.in_order.empty()) {
    return Account{.name = std::string(name),
                   .endpoint = internal::usual_blob_endpoint(name),
                   .credential = std::move(identities)};
  }
  return fail(
      ErrorCode::not_found,
      fmt::format("nothing is known about the storage account {}: neither the environment "
                  "(AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_CONNECTION_STRING, AZURE_CLIENT_ID) nor "
                  "{} names it or an identity; set AZURE_STORAGE_ACCOUNT={} and AZURE_STORAGE_KEY, "
                  "or sign in: az login, or add [account.{}] with its key to that file (mode 0600)",
                  name, path, name, name));
}

}  // namespace aloft::azure
