// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/guarded.h"
#include "posix/internal/node.h"

namespace aloft::posix {

/// The nodes that somebody refers to: the kernel (lookups) and open handles. A name keeps its inode
/// number for as long as the mount lives, also when nobody refers to it meanwhile, and a renamed
/// file takes its number along. Safe from any thread.
class InodeTable {
 public:
  explicit InodeTable(NodePointer root);

  /// ESTALE if it was forgotten.
  Result<NodePointer> find(InodeId id);
  NodePointer find(InodeId parent, std::string_view name);

  /// The node of a name, made by `make` (which sets all but id, parent and name) if nobody refers
  /// to it; with one reference more.
  NodePointer refer(InodeId parent, std::string_view name,
                    const std::function<NodePointer()>& make);
  /// The node of a name with one reference more, or null.
  NodePointer refer_present(InodeId parent, std::string_view name);
  /// A new node in place of `replaced`, which the name led to (null: to none) when it was found
  /// absent; with one reference. Null if the name leads elsewhere by now, or `make` makes none.
  /// Nobody sees the name between the two.
  NodePointer add(InodeId parent, std::string_view name, const NodePointer& replaced,
                  const std::function<NodePointer()>& make);
  void reference(InodeId id);
  void forget(InodeId id, std::uint64_t count);

  /// The name leads nowhere now; the node lives on for those who refer to it.
  void unlink(InodeId parent, std::string_view name);
  /// The same, unless it leads to another node by now.
  void unlink(InodeId parent, std::string_view name, const Node& node);
  void rename(InodeId parent, std::string_view name, InodeId new_parent, std::string_view new_name);
  std::vector<NodePointer> all();

 private:
  using Name = std::pair<InodeId, std::string>;
  struct Slot {
    NodePointer node;
    std::uint64_t references = 0;
  };
  struct State {
    std::unordered_map<InodeId, Slot> slots;
    std::map<Name, InodeId> by_name;
    // Numbers that a rename took from the name that makes them.
    std::map<Name, InodeId> renamed;
    std::unordered_set<InodeId> renamed_ids;
  };
  static InodeId choose_id(const State& state, const Name& name);
  static void insert(State& state, const Name& name, const NodePointer& node);
  static void erase(State& state, const Name& name);

  Guarded<State> state_;
};

}  // namespace aloft::posix
