// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "object/object_account.h"

namespace aloft {

namespace internal {
class MemoryState;
}

/// An account that lives in this process's memory: complete (conditions, blocks, copies, paged
/// listings) and as strict as Azure about names, block ids and metadata, so that what passes here
/// passes there. Dates have whole seconds, as Azure's. Copies read sources of the same account
/// only. `clock` outlives the account and its stores.
class MemoryAccount final : public ObjectAccount {
 public:
  /// `hierarchical`: its keys are paths (ObjectStore::hierarchical).
  explicit MemoryAccount(std::string name = "memory", Clock& clock = system_clock(),
                         bool hierarchical = false);

  std::shared_ptr<ObjectStore> container(std::string_view name) override;
  Result<void> create_container(std::string_view name, const Limits& limits) override;
  Result<void> remove_container(std::string_view name, const Limits& limits) override;
  Result<std::vector<std::string>> list_containers(const Limits& limits) override;
  Result<bool> container_exists(std::string_view name, const Limits& limits) override;

 private:
  std::shared_ptr<internal::MemoryState> state_;
};

/// The store of one container that exists, in an account of its own.
std::shared_ptr<ObjectStore> make_memory_store(Clock& clock = system_clock());

}  // namespace aloft
