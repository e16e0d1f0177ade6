// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/node_accounts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "azure/names/blob_names.h"
#include "base/file.h"

namespace aloft::executor {
namespace {

void take_over(NodeAccounts::Variables& variables, const EnvironmentLookup& environment,
               std::span<const char* const> names) {
  for (const char* name : names) {
    if (const char* value = environment(name)) variables[name] = value;
  }
}

/// A string of TOML is written as one of JSON.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump();
}

Result<std::string> accounts_file(const TaskAccounts& accounts) {
  std::string text;
  for (const AccountPlace& place : accounts.places) {
    TRY(azure::check_account_name(place.name));
    text += fmt::format("[account.{}]\nendpoint = {}\ncredential = \"managed-identity\"\n",
                        place.name, quoted(place.endpoint));
    if (!accounts.client_id.empty()) {
      text += fmt::format("client_id = {}\n", quoted(accounts.client_id));
    }
  }
  return text;
}

}  // namespace

NodeAccounts NodeAccounts::of_node(const EnvironmentLookup& environment) {
  constexpr const char* kNames[] = {"HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR",
                                    "ALOFT_LOCAL_DIR"};
  Variables variables;
  take_over(variables, environment, kNames);
  return NodeAccounts(std::move(variables));
}

Result<NodeAccounts> NodeAccounts::of_task(const TaskAccounts& accounts,
                                           const EnvironmentLookup& environment) {
  constexpr const char* kNames[] = {"AZURE_POD_IDENTITY_AUTHORITY_HOST", "AZURE_CLIENT_ID"};
  const std::string own = accounts.directory + "/" + kTaskFiles;
  Variables variables{{"HOME", accounts.directory},
                      {"XDG_CONFIG_HOME", own + "/config"},
                      {"ALOFT_LOCAL_DIR", own + "/local"}};
  take_over(variables, environment, kNames);
  NodeAccounts found(std::move(variables));
  const std::string configuration = config_directory(found.lookup());
  TRY(make_private_directory(own));
  TRY(make_private_directory(configuration));
  const std::string text = TRY(accounts_file(accounts));
  TRY(replace_file(configuration + "/accounts.toml", text, 0600));
  return found;
}

EnvironmentLookup NodeAccounts::lookup() const {
  return [variables = variables_](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

}  // namespace aloft::executor
