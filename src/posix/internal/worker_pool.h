// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/guarded.h"

namespace aloft::posix {

/// Threads that perform jobs in the order they came; they start when there is work. The destructor
/// performs what is queued, so jobs that may take long obey a stop of their own.
class WorkerPool {
 public:
  explicit WorkerPool(std::size_t threads_max) : threads_max_(threads_max) {}
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  /// From any thread. Jobs do not throw.
  void submit(std::function<void()> job);

 private:
  struct State {
    std::deque<std::function<void()>> jobs;
    std::vector<std::thread> threads;
    std::size_t idle = 0;
    bool ending = false;
  };
  void work();

  const std::size_t threads_max_;
  Guarded<State> state_;
  std::condition_variable changed_;
};

}  // namespace aloft::posix
