// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/limits.h"
#include "transfer/placement.h"
#include "transfer/selection.h"

namespace aloft::transfer {

struct UsageOptions {
  Selection selection{};
  /// How far below the root directories are told apart; 0: the root alone.
  std::size_t depth_max = std::numeric_limits<std::size_t>::max();
};

/// What lies at and below one directory.
struct DirectoryUsage {
  std::string path;  ///< In its tree.
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;  ///< Each name of a file counts; links count with what they hold.
};

struct UsageReport {
  std::vector<DirectoryUsage> directories{};  ///< Each behind those in it; the root is the last.
  std::vector<Failure> failures{};            ///< What could not be read, and is not counted.
};

/// Adds up the sizes of what lies at `root`, a directory or a file. Holds the directories that are
/// told apart in memory.
Result<UsageReport> usage(const Located& root, const UsageOptions& options, const Limits& limits);

}  // namespace aloft::transfer
