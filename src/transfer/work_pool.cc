// SPDX-License-Identifier: Apache-2.0
#include "transfer/work_pool.h"

#include <algorithm>

namespace aloft::transfer {

WorkPool::WorkPool(std::size_t threads, std::stop_token stop)
    : waiting_max_(threads * 4), stop_(std::move(stop)) {
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

WorkPool::~WorkPool() {
  {
    auto state = state_.lock();
    state->closing = true;
    state->tasks.clear();
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkPool::submit(std::function<void()> task) {
  {
    auto state = state_.lock();
    const auto room = [&] { return state->tasks.size() < waiting_max_; };
    if (!room_.wait(state.mutex_lock(), stop_, room) || stop_.stop_requested()) return false;
    state->tasks.push_back(std::move(task));
  }
  work_.notify_one();
  return true;
}

void WorkPool::submit_parts(std::shared_ptr<Parted> parted) {
  CHECK(parted->part_count() > 0);
  state_.lock()->shared.push_back({.parted = std::move(parted)});
  work_.notify_all();
}

void WorkPool::wait() {
  auto state = state_.lock();
  idle_.wait(state.mutex_lock(), [&] {
    if (stop_.stop_requested()) state->tasks.clear();
    return state->busy == 0 && state->tasks.empty() && state->shared.empty();
  });
}

// Null if there is nothing to do now.
std::function<void()> WorkPool::next(State& state) {
  if (!state.shared.empty()) {
    Shared& front = state.shared.front();
    auto run = [parted = front.parted, index = front.next_part] { parted->do_part(index); };
    if (++front.next_part == front.parted->part_count()) state.shared.pop_front();
    return run;
  }
  if (stop_.stop_requested()) {
    state.tasks.clear();
    // Nobody else tells wait() of it where no task is under way.
    if (state.busy == 0) idle_.notify_all();
  }
  if (state.tasks.empty()) return nullptr;
  auto task = std::move(state.tasks.front());
  state.tasks.pop_front();
  return task;
}

void WorkPool::work() {
  auto state = state_.lock();
  while (true) {
    std::function<void()> task;
    work_.wait(state.mutex_lock(), [&] {
      task = next(*state);
      return task != nullptr || state->closing;
    });
    if (!task) return;
    ++state->busy;
    if (state->tasks.size() < waiting_max_) room_.notify_one();
    state.mutex_lock().unlock();
    task();
    // What the task holds (files, memory) is released before others see it as ended.
    task = nullptr;
    state.mutex_lock().lock();
    if (--state->busy == 0) idle_.notify_all();
  }
}

}  // namespace aloft::transfer
