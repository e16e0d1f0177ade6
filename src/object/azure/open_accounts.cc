// SPDX-License-Identifier: Apache-2.0
#include "object/azure/open_accounts.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "azure/account_resolver.h"
#include "base/guarded.h"
#include "object/azure/azure_account.h"

namespace aloft {
namespace {

class Accounts {
 public:
  Accounts(EnvironmentLookup environment, AzureAccountsOptions options)
      : environment_(std::move(environment)),
        options_(std::move(options)),
        client_(std::make_shared<http::Client>(options_.http)) {}

  Result<std::shared_ptr<ObjectAccount>> open(std::string_view name) {
    const bool may_move = name == azure::kEmulatorAccount;
    if (!may_move) {
      const auto opened = opened_.lock();
      if (const auto found = opened->find(name); found != opened->end()) {
        return found->second.account;
      }
    }
    const azure::Account account = TRY(azure::resolve_account(name, environment_));
    const std::string identity = identity_of(account);
    const auto opened = opened_.lock();
    Opened& kept = (*opened)[std::string(name)];
    if (kept.account == nullptr || kept.identity != identity) kept = {identity, make(account)};
    return kept.account;
  }

 private:
  struct Opened {
    std::string identity;  ///< Endpoint and credential: another one is another account.
    std::shared_ptr<ObjectAccount> account;
  };

  static std::string identity_of(const azure::Account& account) {
    std::string identity = to_string(account.endpoint) + " ";
    if (const auto* key = std::get_if<azure::SharedKey>(&account.credential)) {
      identity += key->key;
    } else if (const auto* managed = std::get_if<azure::ManagedIdentity>(&account.credential)) {
      identity += managed->authority + " " + managed->client_id;
    }
    return identity;
  }

  std::shared_ptr<ObjectAccount> make(const azure::Account& account) const {
    return std::make_shared<RetryingAccount>(
        std::make_shared<AzureAccount>(account, client_, *options_.clock), options_.retry,
        *options_.clock, *options_.random);
  }

  const EnvironmentLookup environment_;
  const AzureAccountsOptions options_;
  const std::shared_ptr<http::Client> client_;
  Guarded<std::map<std::string, Opened, std::less<>>> opened_;
};

}  // namespace

AccountOpener open_azure_accounts(EnvironmentLookup environment, AzureAccountsOptions options) {
  return [accounts = std::make_shared<Accounts>(std::move(environment), std::move(options))](
             std::string_view name) { return accounts->open(name); };
}

}  // namespace aloft
