// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/guarded.h"

namespace aloft::transfer {

/// Something large whose parts are done by many threads.
class Parted {
 public:
  virtual ~Parted() = default;
  virtual std::uint64_t part_count() const = 0;
  /// Each part once, on any thread, many at a time; also after a failure of others, so that the
  /// last one to end knows that it is the last.
  virtual void do_part(std::uint64_t index) = 0;
};

/// The threads of one transfer. Parts of what is begun go before tasks that wait, so that few large
/// files are open at a time.
class WorkPool {
 public:
  /// After `stop` is requested, tasks that have not begun are dropped; those under way notice
  /// themselves.
  WorkPool(std::size_t threads, std::stop_token stop);
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;
  /// Waits for what is under way, drops the rest.
  ~WorkPool();

  std::size_t threads() const { return threads_.size(); }

  /// Waits while many tasks wait already. False if stopped. For the walking thread, not for tasks.
  bool submit(std::function<void()> task);
  /// For tasks: never waits.
  void submit_parts(std::shared_ptr<Parted> parted);
  /// Returns when all that was submitted has ended.
  void wait();

 private:
  struct Shared {
    std::shared_ptr<Parted> parted;
    std::uint64_t next_part = 0;
  };
  struct State {
    std::deque<std::function<void()>> tasks{};
    std::deque<Shared> shared{};
    std::size_t busy = 0;
    bool closing = false;
  };
  void work();
  std::function<void()> next(State& state);

  const std::size_t waiting_max_;
  std::stop_token stop_;
  Guarded<State> state_;
  std::condition_variable_any
      work_;  // For threads: there is something to do, or nothing ever again.
  std::condition_variable_any room_;  // For submit().
  std::condition_variable_any idle_;  // For wait().
  std::vector<std::thread> threads_;
};

}  // namespace aloft::transfer
