// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <thread>

#include "base/guarded.h"
#include "emulator/batch/state.h"

namespace aloft::emulator::batch {

/// The state of the account behind its lock, moved on by requests, by the fleet and by time. Safe
/// from any thread.
class Account final : public FleetEvents {
 public:
  /// Ledger, fleet and clock outlive it.
  Account(Clock& clock, Ledger& ledger, Fleet& fleet, StateOptions options = {})
      : clock_(clock), ledger_(ledger), state_(clock, ledger, fleet, std::move(options)) {}
  ~Account() override { stop(); }

  /// Begins to move on with time, on a thread of its own. Before it, nothing else may be called but
  /// lock(), to bring back what the ledger has kept.
  void start();
  /// No more steps by time.
  void stop();

  /// For looking, and for changes, which end with schedule().
  Guarded<State>::Locked lock() { return state_.lock(); }
  /// Schedules, and has the thread look again when that is due.
  void schedule_and_wake(State& state);

  /// Waits until all that was changed so far is kept.
  Result<void> settle() { return ledger_.wait(ledger_.position()); }
  Instant now() { return std::chrono::floor<std::chrono::microseconds>(clock_.wall_now()); }

  void on_opened(const std::string& node, const Result<void>& opened,
                 const std::optional<AttemptEnd>& start_task) override;
  void on_ended(std::uint64_t run, AttemptEnd end) override;

 private:
  void keep_time(const std::stop_token& stop);

  Clock& clock_;
  Ledger& ledger_;
  Guarded<State> state_;
  // Under the lock of the state: when the thread looks next, and that it is to look before.
  std::optional<Instant> next_look_;
  bool is_due_earlier_ = false;
  std::condition_variable_any due_earlier_;
  std::jthread timekeeper_;
};

}  // namespace aloft::emulator::batch
