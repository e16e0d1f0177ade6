// SPDX-License-Identifier: Apache-2.0
#include "azure/batch_account.h"

#include <fmt/core.h>

#include <optional>

#include "azure/account_resolver.h"
#include "azure/emulator_record.h"
#include "azure/internal/account_table.h"
#include "azure/internal/identity_settings.h"
#include "azure/internal/settings.h"

namespace aloft::azure {
namespace {

using internal::value_of;

/// Nothing where the environment holds no key of this account.
Result<std::optional<BatchAccount>> from_environment(std::string_view name,
                                                     const EnvironmentLookup& environment) {
  const auto key = value_of(environment, "AZURE_BATCH_ACCESS_KEY");
  if (key.empty() || value_of(environment, "AZURE_BATCH_ACCOUNT") != name) return std::nullopt;
  const auto endpoint = value_of(environment, "AZURE_BATCH_ENDPOINT");
  if (endpoint.empty()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the Batch account {} has no endpoint: set AZURE_BATCH_ENDPOINT to its "
                            "URL, https://{}.REGION.batch.azure.com",
                            name, name));
  }
  BatchAccount account{.name = std::string(name)};
  account.endpoint = TRY(internal::parse_batch_endpoint(endpoint, "AZURE_BATCH_ENDPOINT"));
  account.credential = TRY(parse_shared_key(key, "AZURE_BATCH_ACCESS_KEY"));
  return account;
}

/// As an identity of the surroundings; nothing where the environment does not say where the account
/// answers, or there is no identity.
Result<std::optional<BatchAccount>> from_identities(std::string_view name,
                                                    const EnvironmentLookup& environment,
                                                    const Machine& machine) {
  constexpr const char* kEndpoint = "AZURE_BATCH_ENDPOINT";
  const auto endpoint = value_of(environment, kEndpoint);
  if (endpoint.empty() || value_of(environment, "AZURE_BATCH_ACCOUNT") != name) return std::nullopt;
  Identities identities = internal::identities_around(environment, machine);
  if (identities.in_order.empty()) return std::nullopt;
  BatchAccount account{.name = std::string(name), .credential = std::move(identities)};
  account.endpoint = TRY(internal::parse_batch_endpoint(endpoint, kEndpoint));
  TRY(internal::check_endpoint(account.endpoint, kEndpoint));
  return account;
}

/// Which account of the file is meant where nobody says: empty if none is.
Result<std::string> default_of(const toml::table& file, const std::string& path) {
  if (const toml::node* const named = file.get("default_batch")) {
    const auto name = named->value<std::string_view>();
    if (name && file["batch"][*name].is_table()) return std::string(*name);
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}:{}: default_batch must name one of the [batch.NAME] tables", path,
                            named->source().begin.line));
  }
  const toml::table* const accounts = file["batch"].as_table();
  if (accounts == nullptr || accounts->empty()) return std::string();
  if (accounts->size() == 1) return std::string(accounts->begin()->first.str());
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} has several Batch accounts: say which is meant by "
                          "default_batch = \"NAME\" at its top, or set AZURE_BATCH_ACCOUNT",
                          path));
}

Result<std::optional<BatchAccount>> from_file(std::string_view name, const std::string& path,
                                              const EnvironmentLookup& environment,
                                              const Machine& machine) {
  const std::optional<toml::table> file = TRY(internal::read_accounts_file(path));
  if (!file) return std::nullopt;
  const std::string meant = name.empty() ? TRY(default_of(*file, path)) : std::string(name);
  const toml::table* const table = (*file)["batch"][meant].as_table();
  if (table == nullptr) return std::nullopt;
  return TRY(internal::batch_account_of({.table = *table,
                                         .name = meant,
                                         .path = path,
                                         .environment = environment,
                                         .machine = machine}));
}

tl::unexpected<Error> not_found(std::string_view name, const std::string& path,
                                const EnvironmentLookup& environment) {
  const std::string what = name.empty()
                               ? std::string("no Batch account is configured")
                               : fmt::format("nothing is known about the Batch account {}", name);
  return fail(
      ErrorCode::not_found,
      fmt::format(
          "{}: set AZURE_BATCH_ACCOUNT, AZURE_BATCH_ACCESS_KEY and AZURE_BATCH_ENDPOINT "
          "(who is signed in with az needs no key), or add [batch.{}] with its endpoint and "
          "key to {} (mode 0600), or start one on this machine: aloft emulator (no record "
          "of one that serves Batch at {})",
          what, name.empty() ? "NAME" : name, path, emulator_record_path(environment)));
}

}  // namespace

Result<BatchAccount> resolve_batch_account(const EnvironmentLookup& environment,
                                           std::string_view name, const Machine& machine) {
  if (name.empty()) name = value_of(environment, "AZURE_BATCH_ACCOUNT");
  if (!name.empty()) {
    if (auto account = TRY(from_environment(name, environment))) return std::move(*account);
  }
  const std::string path = accounts_file_path(environment);
  if (auto account = TRY(from_file(name, path, environment, machine))) return std::move(*account);
  auto emulator = TRY(read_emulator_record(environment));
  if (emulator && emulator->batch && (name.empty() || emulator->batch->name == name)) {
    return std::move(*emulator->batch);
  }
  if (!name.empty()) {
    if (auto account = TRY(from_identities(name, environment, machine))) return std::move(*account);
  }
  return not_found(name, path, environment);
}

}  // namespace aloft::azure
