// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/worker_pool.h"

#include <utility>

namespace aloft::posix {

WorkerPool::~WorkerPool() {
  std::vector<std::thread> threads;
  {
    auto state = state_.lock();
    state->ending = true;
    threads = std::exchange(state->threads, {});
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void WorkerPool::submit(std::function<void()> job) {
  auto state = state_.lock();
  state->jobs.push_back(std::move(job));
  if (state->jobs.size() > state->idle && state->threads.size() < threads_max_ && !state->ending) {
    state->threads.emplace_back([this] { work(); });
  }
  changed_.notify_one();
}

void WorkerPool::work() {
  for (;;) {
    std::function<void()> job;
    {
      auto state = state_.lock();
      ++state->idle;
      changed_.wait(state.mutex_lock(), [&] { return state->ending || !state->jobs.empty(); });
      --state->idle;
      if (state->jobs.empty()) return;
      job = std::move(state->jobs.front());
      state->jobs.pop_front();
    }
    job();
  }
}

}  // namespace aloft::posix
