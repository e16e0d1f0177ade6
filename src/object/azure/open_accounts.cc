// SPDX-License-Identifier: Apache-2.0
#include "object/azure/open_accounts.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "azure/account_resolver.h"
#include "azure/connection.h"
#include "azure/token_cache.h"
#include "base/guarded.h"
#include "object/azure/azure_account.h"

namespace aloft {
namespace {

http::ClientOptions keeping_connections(const AzureAccountsOptions& options) {
  http::ClientOptions http = options.http;
  http.idle_max_per_endpoint = std::max(http.idle_max_per_endpoint, options.concurrency.ceiling);
  return http;
}

class Accounts {
 public:
  Accounts(EnvironmentLookup environment, AzureAccountsOptions options)
      : environment_(std::move(environment)),
        options_(std::move(options)),
        clients_(keeping_connections(options_)),
        tokens_(std::make_shared<azure::TokenCaches>(
            azure::TokenSourceOptions{.clock = options_.clock, .random = options_.random})) {}

  Result<std::shared_ptr<ObjectAccount>> open(std::string_view name) {
    const bool may_move = name == azure::kEmulatorAccount;
    if (!may_move) {
      const auto opened = opened_.lock();
      if (const auto found = opened->find(name); found != opened->end()) {
        return found->second.account;
      }
    }
    const azure::Account account = TRY(azure::resolve_account(name, environment_));
    const auto opened = opened_.lock();
    Opened& kept = (*opened)[std::string(name)];
    if (kept.account == nullptr || kept.settings != account) kept = {account, make(account)};
    return kept.account;
  }

 private:
  struct Opened {
    azure::Account settings;  ///< With another endpoint or credential it is another account.
    std::shared_ptr<ObjectAccount> account;
  };

  std::shared_ptr<ObjectAccount> make(const azure::Account& account) {
    return std::make_shared<RetryingAccount>(
        std::make_shared<AzureAccount>(account, clients_.of(account.connection), *options_.clock,
                                       tokens_, options_.concurrency),
        options_.retry, *options_.clock, *options_.random);
  }

  const EnvironmentLookup environment_;
  const AzureAccountsOptions options_;
  azure::ConnectedClients clients_;
  const std::shared_ptr<azure::TokenCaches> tokens_;
  Guarded<std::map<std::string, Opened, std::less<>>> opened_;
};

}  // namespace

AccountOpener open_azure_accounts(EnvironmentLookup environment, AzureAccountsOptions options) {
  return [accounts = std::make_shared<Accounts>(std::move(environment), std::move(options))](
             std::string_view name) { return accounts->open(name); };
}

}  // namespace aloft
