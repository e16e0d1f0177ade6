// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/guarded.h"
#include "object/object_account.h"

namespace aloft::posix::testing {

/// What a test sees of the requests of a file system, and may do to them.
struct Watch {
  /// Called with the name ("put", "read", …) and key of each request.
  using Hook = std::function<std::optional<Error>(std::string_view request, std::string_view key)>;

  std::uint64_t count(std::string_view request) {
    auto all = counts.lock();
    const auto found = all->find(request);
    return found == all->end() ? 0 : found->second;
  }
  std::uint64_t total() {
    std::uint64_t sum = 0;
    const auto all = counts.lock();
    for (const auto& [request, number] : *all) sum += number;
    return sum;
  }
  void reset() { counts.lock()->clear(); }

  Guarded<std::map<std::string, std::uint64_t, std::less<>>> counts{};
  Guarded<Hook> before{};  ///< An error fails the request, which is not sent.
  Guarded<Hook>
      after{};  ///< When it succeeded: an error is told instead, as if its answer was lost.
  /// Changes what the store says of an object: kinds and tiers that the one in memory cannot make.
  Guarded<std::function<void(ObjectInfo&)>> disguise{};
  Capabilities* capabilities = nullptr;  ///< Instead of the store's, if set.
};

/// An account whose requests a Watch sees; both outlive their stores.
class WatchedAccount final : public ObjectAccount {
 public:
  WatchedAccount(ObjectAccount& inner, Watch& watch) : inner_(inner), watch_(watch) {}

  std::shared_ptr<ObjectStore> container(std::string_view name) override;
  Result<void> create_container(std::string_view name, const Limits& limits) override {
    return inner_.create_container(name, limits);
  }
  Result<void> remove_container(std::string_view name, const Limits& limits) override {
    return inner_.remove_container(name, limits);
  }
  Result<std::vector<std::string>> list_containers(const Limits& limits) override {
    return inner_.list_containers(limits);
  }
  Result<bool> container_exists(std::string_view name, const Limits& limits) override {
    return inner_.container_exists(name, limits);
  }

 private:
  ObjectAccount& inner_;
  Watch& watch_;
};

}  // namespace aloft::posix::testing
