// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "transfer/object_tree.h"

namespace aloft::transfer {

/// What is in a container already where a tree is copied to: one listing for each directory that is
/// there, none for those that are not. For the walking thread; ask directory by directory, since
/// only listings of the present directory and those above it are kept.
class Existing {
 public:
  /// `at_root`: what is at the path `root` itself.
  Existing(ObjectTree& tree, std::string root, std::optional<Entry> at_root)
      : tree_(tree), root_(std::move(root)), at_root_(std::move(at_root)) {}

  /// Null if nothing is there. `path` is the root or below it. Valid until the next call.
  Result<const Entry*> at(const std::string& path, const Limits& limits);

 private:
  using Listing = std::map<std::string, Entry, std::less<>>;
  Result<const Listing*> listing(const std::string& directory, const Limits& limits);

  ObjectTree& tree_;
  std::string root_;
  std::optional<Entry> at_root_;
  std::map<std::string, Listing, std::less<>> listings_;
};

}  // namespace aloft::transfer
