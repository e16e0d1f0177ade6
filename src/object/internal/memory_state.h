// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "object/object_store.h"

namespace aloft::internal {

using MemoryBytes = std::shared_ptr<const std::vector<std::byte>>;

/// A part of an object's content; `id` is empty for what one put wrote.
struct MemoryPiece {
  BlockId id;
  MemoryBytes bytes;
};

/// One version of an object. Never changes once it is in the map, so readers copy its bytes out
/// after they let the lock go.
struct MemoryObject {
  ObjectInfo info;
  std::vector<MemoryPiece> pieces;
};

struct MemoryEntry {
  std::shared_ptr<const MemoryObject> committed;  ///< Null: there are staged blocks only.
  std::map<BlockId, MemoryBytes, std::less<>> staged;
};

using MemoryContainer = std::map<std::string, MemoryEntry, std::less<>>;

struct MemoryContainers {
  std::map<std::string, MemoryContainer, std::less<>> by_name;
  std::uint64_t versions = 0;
};

/// What an account and its stores share.
class MemoryState {
 public:
  MemoryState(std::string account_name, bool keys_are_paths, Clock& clock_of_account)
      : account(std::move(account_name)), hierarchical(keys_are_paths), clock(clock_of_account) {}

  const std::string account;
  const bool hierarchical;
  Clock& clock;
  Guarded<MemoryContainers> containers;
};

std::shared_ptr<ObjectStore> make_store(std::shared_ptr<MemoryState> state, std::string container);

}  // namespace aloft::internal
