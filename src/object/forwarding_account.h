// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "object/object_account.h"

namespace aloft {

/// Another account as it is; for classes that change a call or two of it.
class ForwardingAccount : public ObjectAccount {
 public:
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
    return inner_->container_exists(name, limits);
  }

 protected:
  explicit ForwardingAccount(std::shared_ptr<ObjectAccount> inner) : inner_(std::move(inner)) {}
  ObjectAccount& inner() const { return *inner_; }

 private:
  const std::shared_ptr<ObjectAccount> inner_;
};

}  // namespace aloft
