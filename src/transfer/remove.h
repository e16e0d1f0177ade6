// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/limits.h"
#include "transfer/placement.h"
#include "transfer/selection.h"

namespace aloft::transfer {

struct RemoveOptions {
  /// Of what is in the directory; where it leaves something out, directories stay: those that only
  /// are implied get markers before they lose something.
  Selection selection{};
  std::size_t threads = 64;
};

struct RemoveReport {
  std::uint64_t files = 0;        ///< And links.
  std::uint64_t directories = 0;  ///< Markers; what only is implied goes with what implies it.
  std::vector<Failure> failures{};
};

/// Removes a file, or a directory of a container with all that is in it: files first, so that an
/// interruption leaves no file without its directory. Hidden areas stay.
Result<RemoveReport> remove_tree(ObjectTree& tree, const Entry& root, const RemoveOptions& options,
                                 const Limits& limits);

/// Removes objects, in the versions that `entries` name and no others: files first, then markers of
/// directories, in their order. One that is gone is no failure. Interrupted, it removes less.
RemoveReport remove_objects(ObjectTree& tree, std::span<const Entry> entries, std::size_t threads,
                            const Limits& limits);

/// Removes files, links and directories of this machine in their order, each behind what is in it;
/// directories above keep their times. Files that killed copies left in a directory (new_file.h) go
/// with it. One that is gone is no failure, nor is with `keep_filled` a directory that still holds
/// something. Interrupted, it removes less.
RemoveReport remove_local(LocalTree& tree, std::span<const Entry> entries, bool keep_filled,
                          const Limits& limits);

}  // namespace aloft::transfer
