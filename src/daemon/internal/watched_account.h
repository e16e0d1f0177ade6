// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "object/object_account.h"

namespace aloft::daemon {

/// An account that tells `on_missing` the name of each container that was looked for in vain: to a
/// program it is an absent directory, to a person it wants a word more.
class WatchedAccount final : public ObjectAccount {
 public:
  using OnMissing = std::function<void(std::string_view container)>;
  WatchedAccount(std::shared_ptr<ObjectAccount> inner, OnMissing on_missing)
      : inner_(std::move(inner)), on_missing_(std::move(on_missing)) {}

  std::shared_ptr<ObjectStore> container(std::string_view name) override {
    return inner_->container(name);
  }
  Result<void> create_container(std::string_view name, const Limits& limits) override {
    return inner_->create_container(name, limits);
  }
  Result<void> remove_container(std::string_view name, const Limits& limits) override {
    return inner_->remove_container(name, limits);
  }
  Result<std::vector<std::string>> list_containers(const Limits& limits) override {
    return inner_->list_containers(limits);
  }
  Result<bool> container_exists(std::string_view name, const Limits& limits) override {
    auto exists = inner_->container_exists(name, limits);
    const bool is_refused = !exists && exists.error().code == ErrorCode::invalid_argument;
    // Shells and version control look for hidden names everywhere; no container has one.
    if ((is_refused || (exists && !*exists)) && !name.starts_with('.')) on_missing_(name);
    return exists;
  }

 private:
  const std::shared_ptr<ObjectAccount> inner_;
  const OnMissing on_missing_;
};

}  // namespace aloft::daemon
