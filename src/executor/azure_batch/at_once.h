// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"

namespace aloft::executor {

/// Calls `work` with 0 … count - 1 on several threads; returns when all calls have ended, with the
/// first failure, after which no further call begins.
template <class Work>
Result<void> at_once(std::size_t count, const Work& work, std::size_t threads_max = 16) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  Guarded<Result<void>> first;
  const auto run = [&] {
    for (std::size_t i = next++; i < count && !failed; i = next++) {
      Result<void> done = work(i);
      if (!done && !failed.exchange(true)) *first.lock() = std::move(done);
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(count, threads_max); ++i) others.emplace_back(run);
    run();
  }
  return std::move(*first.lock());
}

}  // namespace aloft::executor
