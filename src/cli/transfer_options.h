// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "transfer/selection.h"

namespace aloft::cli {

/// What the commands that move or read content have in common.
struct TransferOptions {
  std::size_t threads = 64;
  std::string memory{};     ///< As the user wrote it; empty: chosen by the machine.
  std::string bandwidth{};  ///< As the user wrote it; empty: not limited.
  bool quiet = false;
};

/// How many at once, and quiet.
void add_parallel_options(CLI::App& command, TransferOptions& options);
/// These, and what content that passes through here may use.
void add_transfer_options(CLI::App& command, TransferOptions& options);

/// --include and --exclude, in the order in which they are given.
using SelectionRules = std::vector<transfer::Selection::Rule>;
/// `rules` outlives the parsing.
void add_selection_options(CLI::App& command, SelectionRules& rules);

/// The memory budget; invalid_argument for what is no size.
Result<std::uint64_t> memory_bytes(const TransferOptions& options);

/// How fast content may pass through here; 0: as fast as it goes. invalid_argument for what is no
/// rate.
Result<std::uint64_t> bytes_per_second(const TransferOptions& options);

/// For summaries: how long something took.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace aloft::cli
