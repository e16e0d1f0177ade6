// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "azure/account.h"
#include "azure/token_cache.h"
#include "base/clock.h"
#include "http/client.h"
#include "object/concurrency_limiter.h"
#include "object/object_account.h"

namespace aloft {

namespace internal {
class BlobService;
}

/// A storage account of Azure, or of an emulator. One attempt per call: see RetryingAccount.
class AzureAccount final : public ObjectAccount {
 public:
  /// `clock` outlives the account and its stores; it dates requests and SAS. `tokens` as
  /// azure::Authorizer takes it. The account's requests share one limit.
  AzureAccount(azure::Account account, std::shared_ptr<http::Client> client,
               Clock& clock = system_clock(), std::shared_ptr<azure::TokenCaches> tokens = nullptr,
               const ConcurrencyOptions& concurrency = {});

  std::shared_ptr<ObjectStore> container(std::string_view name) override;
  Result<void> create_container(std::string_view name, const Limits& limits) override;
  Result<void> remove_container(std::string_view name, const Limits& limits) override;
  Result<std::vector<std::string>> list_containers(const Limits& limits) override;
  Result<bool> container_exists(std::string_view name, const Limits& limits) override;

 private:
  std::string uri(std::string_view name) const;

  const std::shared_ptr<const internal::BlobService> service_;
};

}  // namespace aloft
