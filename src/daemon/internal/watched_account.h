// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "object/forwarding_account.h"

namespace aloft::daemon {

/// An account that tells `on_missing` the name of each container that was looked for in vain: to a
/// program it is an absent directory, to a person it wants a word more.
class WatchedAccount final : public ForwardingAccount {
 public:
  using OnMissing = std::function<void(std::string_view container)>;
  WatchedAccount(std::shared_ptr<ObjectAccount> inner, OnMissing on_missing)
      : ForwardingAccount(std::move(inner)), on_missing_(std::move(on_missing)) {}

  Result<bool> container_exists(std::string_view name, const Limits& limits) override {
    auto exists = inner().container_exists(name, limits);
    const bool is_refused = !exists && exists.error().code == ErrorCode::invalid_argument;
    // Shells and version control look for hidden names everywhere; no container has one.
    if ((is_refused || (exists && !*exists)) && !name.starts_with('.')) on_missing_(name);
    return exists;
  }

 private:
  const OnMissing on_missing_;
};

}  // namespace aloft::daemon
