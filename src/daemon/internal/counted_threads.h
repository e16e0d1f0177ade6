// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <thread>
#include <utility>

#include "base/guarded.h"

namespace aloft::daemon {

/// Threads that end on their own, in any order, and are only waited for all together. What a body
/// uses must outlive this object's end, which waits. Bodies do not throw.
class CountedThreads {
 public:
  CountedThreads() = default;
  ~CountedThreads() { wait_all(); }
  CountedThreads(const CountedThreads&) = delete;
  CountedThreads& operator=(const CountedThreads&) = delete;

  /// Throws std::system_error where the system has no thread left; `body` is not run then.
  void start(std::function<void()> body) {
    ++*running_.lock();
    try {
      std::thread([this, body = std::move(body)]() mutable {
        body();
        body = nullptr;  // What it owns ends before this thread counts as ended.
        leave();
      }).detach();
    } catch (...) {
      leave();
      throw;
    }
  }

  void wait_all() {
    auto running = running_.lock();
    ended_.wait(running.mutex_lock(), [&] { return *running == 0; });
  }

 private:
  void leave() {
    auto running = running_.lock();
    --*running;
    ended_.notify_all();  // Under the lock: the waiter may destroy this object at once.
  }

  Guarded<int> running_{0};
  std::condition_variable ended_;
};

}  // namespace aloft::daemon
