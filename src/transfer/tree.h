// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "transfer/entry.h"

namespace aloft::transfer {

/// Files as copies, comparisons and listings see them: a directory of this machine (LocalTree) or a
/// container (ObjectTree). Paths are relative to its root, which is "". Safe from many threads at
/// once.
class Tree {
 public:
  virtual ~Tree() = default;

  /// As the user writes it: "data/x", "az://account/container/data/x".
  virtual std::string name_of(std::string_view path) const = 0;

  /// What lies at `path` itself; symbolic links are not followed. not_found names it.
  virtual Result<Entry> look(std::string_view path, const Limits& limits) = 0;

  /// What is in a directory, by name in byte order.
  virtual Result<std::vector<Entry>> children(std::string_view path, const Limits& limits) = 0;

  /// Everything below the directory `path`, not itself; each directory before what is in it.
  virtual Result<void> walk(std::string_view path, const Visitor& visitor,
                            const Limits& limits) = 0;

  /// What a symbolic link holds.
  virtual Result<std::string> link_target(const Entry& entry, const Limits& limits) = 0;

  /// Fills `buffer` from `offset` on; fails with precondition_failed where the file is not any more
  /// what `entry` says, or ends earlier.
  virtual Result<void> read(const Entry& entry, std::uint64_t offset, std::span<std::byte> buffer,
                            const Limits& limits) = 0;
};

/// What lies at `path` once symbolic links that lie there are followed within the tree; ELOOP after
/// 40 of them, permission_denied where one leads out of it. The entry has the path that it ends at.
Result<Entry> follow(Tree& tree, std::string_view path, const Limits& limits);

/// `path` with empty names, "." and ".." resolved by the text alone; invalid_argument if it leads
/// above the root.
Result<std::string> normalized(std::string_view path);

}  // namespace aloft::transfer
