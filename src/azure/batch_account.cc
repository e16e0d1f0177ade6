// SPDX-License-Identifier: Apache-2.0
#include "azure/batch_account.h"

#include <fmt/core.h>

#include <optional>

#include "azure/account_resolver.h"
#include "azure/emulator_record.h"
#include "azure/internal/settings.h"

namespace aloft::azure {
namespace {

using internal::value_of;

/// The portal shows endpoints without a scheme, `az batch account show` does too.
Result<ServiceEndpoint> parse_batch_endpoint(std::string_view text, std::string_view origin) {
  const bool has_scheme = text.find("://") != std::string_view::npos;
  Result<ServiceEndpoint> endpoint =
      parse_service_endpoint(has_scheme ? std::string(text) : fmt::format("https://{}", text));
  if (endpoint) return endpoint;
  return fail(endpoint.error().code, fmt::format("{}: {}", origin, endpoint.error().message));
}

Result<BatchAccount> account_of(std::string_view name, std::string_view endpoint,
                                std::string_view endpoint_origin, std::string_view key,
                                std::string_view key_origin) {
  if (endpoint.empty()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the Batch account {} has no endpoint: set {} to its URL, "
                            "https://{}.REGION.batch.azure.com",
                            name, endpoint_origin, name));
  }
  if (key.empty()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the Batch account {} has no key: set {}", name, key_origin));
  }
  ServiceEndpoint parsed = TRY(parse_batch_endpoint(endpoint, endpoint_origin));
  SharedKey secret = TRY(parse_shared_key(key, key_origin));
  return BatchAccount{
      .name = std::string(name), .endpoint = std::move(parsed), .key = std::move(secret)};
}

/// Nothing where the environment holds no key of this account.
Result<std::optional<BatchAccount>> from_environment(std::string_view name,
                                                     const EnvironmentLookup& environment) {
  const auto key = value_of(environment, "AZURE_BATCH_ACCESS_KEY");
  if (key.empty() || value_of(environment, "AZURE_BATCH_ACCOUNT") != name) return std::nullopt;
  return TRY(account_of(name, value_of(environment, "AZURE_BATCH_ENDPOINT"), "AZURE_BATCH_ENDPOINT",
                        key, "AZURE_BATCH_ACCESS_KEY"));
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

Result<std::optional<BatchAccount>> from_file(std::string_view name, const std::string& path) {
  const std::optional<toml::table> file = TRY(internal::read_accounts_file(path));
  if (!file) return std::nullopt;
  const std::string meant = name.empty() ? TRY(default_of(*file, path)) : std::string(name);
  const toml::table* const table = (*file)["batch"][meant].as_table();
  if (table == nullptr) return std::nullopt;
  const std::string section = fmt::format("batch.{}", meant);
  std::string endpoint, key;
  const internal::Setting known[] = {{"endpoint", &endpoint}, {"key", &key}};
  TRY(internal::read_settings(*table, known, path, section));
  return TRY(account_of(meant, endpoint, fmt::format("endpoint in {} [{}]", path, section), key,
                        fmt::format("key in {} [{}]", path, section)));
}

tl::unexpected<Error> not_found(std::string_view name, const std::string& path,
                                const EnvironmentLookup& environment) {
  const std::string what = name.empty()
                               ? std::string("no Batch account is configured")
                               : fmt::format("nothing is known about the Batch account {}", name);
  return fail(
      ErrorCode::not_found,
      fmt::format("{}: set AZURE_BATCH_ACCOUNT, AZURE_BATCH_ACCESS_KEY and "
                  "AZURE_BATCH_ENDPOINT, or add [batch.{}] with its endpoint and key to {} "
                  "(mode 0600), or start one on this machine: aloft emulator (no record of "
                  "one that serves Batch at {})",
                  what, name.empty() ? "NAME" : name, path, emulator_record_path(environment)));
}

}  // namespace

Result<BatchAccount> resolve_batch_account(const EnvironmentLookup& environment,
                                           std::string_view name) {
  if (name.empty()) name = value_of(environment, "AZURE_BATCH_ACCOUNT");
  if (!name.empty()) {
    if (auto account = TRY(from_environment(name, environment))) return std::move(*account);
  }
  const std::string path = accounts_file_path(environment);
  if (auto account = TRY(from_file(name, path))) return std::move(*account);
  auto emulator = TRY(read_emulator_record(environment));
  if (emulator && emulator->batch && (name.empty() || emulator->batch->name == name)) {
    return std::move(*emulator->batch);
  }
  return not_found(name, path, environment);
}

}  // namespace aloft::azure
