// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "object/object_store.h"

namespace aloft {

/// The containers of one storage account. Safe to call from many threads at once.
class ObjectAccount {
 public:
  virtual ~ObjectAccount() = default;

  /// The store of one container, which need not exist; no request is made. It may outlive the
  /// account.
  virtual std::shared_ptr<ObjectStore> container(std::string_view name) = 0;

  /// Fails with already_exists if it is there.
  virtual Result<void> create_container(std::string_view name, const Limits& limits) = 0;
  virtual Result<void> remove_container(std::string_view name, const Limits& limits) = 0;
  /// In byte order.
  virtual Result<std::vector<std::string>> list_containers(const Limits& limits) = 0;
  virtual Result<bool> container_exists(std::string_view name, const Limits& limits) = 0;
};

/// Finds credentials and endpoint for an account name; makes no request. The same name gives the
/// same account.
using AccountOpener =
    std::function<Result<std::shared_ptr<ObjectAccount>>(std::string_view account_name)>;

}  // namespace aloft
