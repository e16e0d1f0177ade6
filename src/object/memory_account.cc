// SPDX-License-Identifier: Apache-2.0
#include "object/memory_account.h"

#include <fmt/core.h>

#include "azure/names/blob_names.h"
#include "object/internal/memory_state.h"

namespace aloft {

MemoryAccount::MemoryAccount(std::string name, Clock& clock, bool hierarchical)
    : state_(std::make_shared<internal::MemoryState>(std::move(name), hierarchical, clock)) {}

std::shared_ptr<ObjectStore> MemoryAccount::container(std::string_view name) {
  return internal::make_store(state_, std::string(name));
}

Result<void> MemoryAccount::create_container(std::string_view name, const Limits& limits) {
  TRY(limits.check(state_->clock, "creating a container"));
  TRY(azure::check_container_name(name));
  if (!state_->containers.lock()->by_name.try_emplace(std::string(name)).second) {
    return fail(ErrorCode::already_exists,
                fmt::format("container az://{}/{} exists already", state_->account, name));
  }
  return {};
}

Result<void> MemoryAccount::remove_container(std::string_view name, const Limits& limits) {
  TRY(limits.check(state_->clock, "removing a container"));
  auto containers = state_->containers.lock();
  const auto found = containers->by_name.find(name);
  if (found == containers->by_name.end()) {
    return fail(ErrorCode::not_found,
                fmt::format("container az://{}/{} does not exist", state_->account, name));
  }
  containers->by_name.erase(found);
  return {};
}

Result<std::vector<std::string>> MemoryAccount::list_containers(const Limits& limits) {
  TRY(limits.check(state_->clock, "listing containers"));
  std::vector<std::string> names;
  const auto containers = state_->containers.lock();
  for (const auto& [name, content] : containers->by_name) names.push_back(name);
  return names;
}

Result<bool> MemoryAccount::container_exists(std::string_view name, const Limits& limits) {
  TRY(limits.check(state_->clock, "looking for a container"));
  return state_->containers.lock()->by_name.contains(name);
}

std::shared_ptr<ObjectStore> make_memory_store(Clock& clock) {
  MemoryAccount account("memory", clock);
  CHECK(account.create_container("store", {}).has_value());
  return account.container("store");
}

}  // namespace aloft
