// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace aloft::transfer {

/// What a transfer has found and done so far; written by its threads, read by whoever shows it.
/// The totals grow until `all_found`.
struct Progress {
  std::atomic<std::uint64_t> files_found = 0;
  std::atomic<std::uint64_t> bytes_found = 0;
  std::atomic<bool> all_found = false;
  std::atomic<std::uint64_t> files_done = 0;
  std::atomic<std::uint64_t> bytes_done = 0;
};

}  // namespace aloft::transfer
