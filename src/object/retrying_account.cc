// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "object/retrying_store.h"

namespace aloft {

RetryingAccount::RetryingAccount(std::shared_ptr<ObjectAccount> inner, RetryOptions options,
                                 Clock& clock, Random& random)
    : inner_(std::move(inner)),
      options_(options),
      clock_(clock),
      random_(random),
      budget_(std::make_shared<RetryBudget>(options)) {}

std::shared_ptr<ObjectStore> RetryingAccount::container(std::string_view name) {
  return std::make_shared<RetryingStore>(inner_->container(name), options_, clock_, random_,
                                         budget_);
}

Result<void> RetryingAccount::create_container(std::string_view name, const Limits& limits) {
  return with_retry(
      Retry(options_, *budget_, clock_, random_, limits), [&](const Retry& retry) -> Result<void> {
        Result<void> created = inner_->create_container(name, limits);
        const bool there = !created && created.error().code == ErrorCode::already_exists;
        if (there && retry.repeated()) return {};
        return created;
      });
}

Result<void> RetryingAccount::remove_container(std::string_view name, const Limits& limits) {
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry& retry) -> Result<void> {
                      Result<void> removed = inner_->remove_container(name, limits);
                      const bool gone = !removed && removed.error().code == ErrorCode::not_found;
                      if (gone && retry.repeated()) return {};
                      return removed;
                    });
}

Result<std::vector<std::string>> RetryingAccount::list_containers(const Limits& limits) {
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry&) { return inner_->list_containers(limits); });
}

Result<bool> RetryingAccount::container_exists(std::string_view name, const Limits& limits) {
  return with_retry(Retry(options_, *budget_, clock_, random_, limits),
                    [&](const Retry&) { return inner_->container_exists(name, limits); });
}

}  // namespace aloft
