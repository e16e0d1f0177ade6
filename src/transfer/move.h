// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "transfer/copy.h"

namespace aloft::transfer {

/// Moves files and trees of containers to other names and containers: places them as mv(1) does
/// (CopyOptions::placement is ignored but for no_target_directory), lets the service copy each
/// object, and removes it at its old name once the copy is complete, if it is still the version
/// that was copied; one that changed meanwhile is copied again. What is at a destination is
/// replaced; directories that are there take what comes.
///
/// Where the store renames (ObjectStore::rename), what stays in its container and comes to a free
/// place, or replaces a file, gets its new name at once instead: a tree as a whole.
///
/// So an object has a name at any moment, for a moment two; killed anywhere, nothing is lost, and
/// the rest can be moved again with no_target_directory. What fails stays, with the directories
/// above it, and is in the report.
Result<CopyReport> move(std::span<const Place> sources, const Place& destination,
                        const CopyOptions& options, Progress& progress, const Limits& limits);

}  // namespace aloft::transfer
