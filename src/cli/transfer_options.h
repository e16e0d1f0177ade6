// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace aloft::cli {

/// What cp and verify have in common.
struct TransferOptions {
  std::size_t threads = 16;
  std::string memory{};  ///< As the user wrote it; empty: chosen by the machine.
  bool quiet = false;
};

void add_transfer_options(CLI::App& command, TransferOptions& options);

/// The memory budget; invalid_argument for what is no size.
Result<std::uint64_t> memory_bytes(const TransferOptions& options);

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
