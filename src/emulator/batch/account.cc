// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/account.h"

#include "emulator/batch/pool_life.h"
#include "emulator/batch/scheduling.h"
#include "emulator/batch/task_life.h"

namespace aloft::emulator::batch {

void Account::start() {
  timekeeper_ = std::jthread([this](const std::stop_token& stop) { keep_time(stop); });
}

void Account::stop() {
  timekeeper_ = {};
}

void Account::schedule_and_wake(State& state) {
  schedule(state);
  const auto due = next_due(state);
  if (!due || (next_look_ && *next_look_ <= *due)) return;
  is_due_earlier_ = true;
  due_earlier_.notify_all();
}

void Account::on_opened(const std::string& node, const Result<void>& opened,
                        const std::optional<AttemptEnd>& start_task) {
  const auto state = lock();
  for (const auto& [id, pool] : state->pools()) {
    PoolNode* found = pool->find(node);
    if (found == nullptr) continue;
    node_opened(*state, *pool, *found, opened, start_task);
    schedule_and_wake(*state);
    return;
  }
}

void Account::on_ended(std::uint64_t run, AttemptEnd end) {
  const auto state = lock();
  end_run(*state, run, std::move(end));
  schedule_and_wake(*state);
}

void Account::keep_time(const std::stop_token& stop) {
  auto state = lock();
  while (!stop.stop_requested()) {
    schedule(*state);
    // A little late rather than too early; the calendar may be set back, so not for too long.
    constexpr std::chrono::milliseconds kPauseMax{60'000};
    auto pause = kPauseMax;
    if (const auto due = next_due(*state)) {
      pause = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(*due - now()),
                         std::chrono::milliseconds(1), kPauseMax);
    }
    next_look_ = now() + pause;
    due_earlier_.wait_for(state.mutex_lock(), stop, pause, [this] { return is_due_earlier_; });
    is_due_earlier_ = false;
  }
}

}  // namespace aloft::emulator::batch
