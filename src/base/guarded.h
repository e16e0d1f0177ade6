// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

namespace aloft {

/// State shared between threads, reachable only through lock(): the type says what the mutex
/// guards.
///
///   Guarded<std::deque<Work>> queue;
///   queue.lock()->push_back(work);
template <class T>
class Guarded {
 public:
  /// Exclusive access for as long as it lives. Never hold it over I/O or a callback. Name it before
  /// a range-for: one made in the loop's head ends before the first turn.
  class Locked {
   public:
    T& operator*() const { return *value_; }
    T* operator->() const { return value_; }
    /// For std::condition_variable and std::condition_variable_any.
    std::unique_lock<std::mutex>& mutex_lock() { return lock_; }

   private:
    friend class Guarded;
    Locked(std::mutex& mutex, T& value) : lock_(mutex), value_(&value) {}
    std::unique_lock<std::mutex> lock_;
    T* value_;
  };

  template <class... Arguments>
  explicit Guarded(Arguments&&... arguments) : value_(std::forward<Arguments>(arguments)...) {}
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  [[nodiscard]] Locked lock() { return Locked(mutex_, value_); }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace aloft
