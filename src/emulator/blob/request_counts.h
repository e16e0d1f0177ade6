// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace aloft::emulator::blob {

/// How often each operation was asked for, and refused, since the start. Safe from any thread.
class RequestCounts {
 public:
  RequestCounts();
  /// `operation` is its index in all_operations(), or -1 where the request was none.
  void add(std::ptrdiff_t operation, int status);

  /// {"PutBlob": 3, …, "Unknown": 0, "refused": {"PutBlob": 1, …}}: requests by operation, and of
  /// those the ones answered with 400 or above.
  std::string json() const;

 private:
  struct Count {
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> refused{0};
  };
  std::vector<Count> counts_;  // The last is for what was no operation.
};

}  // namespace aloft::emulator::blob
