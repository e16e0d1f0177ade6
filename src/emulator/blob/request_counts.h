// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "http/server.h"

namespace aloft::emulator::blob {

/// How often each operation of a service was asked for, and refused, since the start. Safe from any
/// thread.
class RequestCounts {
 public:
  /// The names of a service's operations; some may have one in common.
  explicit RequestCounts(std::vector<const char*> names);
  /// `operation` is its index in those names, or -1 where the request was none.
  void add(std::ptrdiff_t operation, int status);

  /// {"PutBlob": 3, …, "Unknown": 0, "refused": {"PutBlob": 1, …}}: requests by operation, and of
  /// those the ones answered with 400 or above.
  std::string json() const;

  /// At /$aloft/requests, which is ours and not Azure's; without authority, since it tells nothing
  /// but numbers.
  static bool are_asked_for(const http::Request& request);
  http::Response answer() const;

  /// The names in a table of operations.
  template <class Table>
  static std::vector<const char*> names_in(const Table& operations) {
    std::vector<const char*> names;
    for (const auto& operation : operations) names.push_back(operation.name);
    return names;
  }

 private:
  struct Count {
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> refused{0};
  };
  const std::vector<const char*> names_;
  std::vector<Count> counts_;  // The last is for what was no operation.
};

}  // namespace aloft::emulator::blob
