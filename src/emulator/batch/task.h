// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/batch/conditions.h"
#include "emulator/batch/duration.h"
#include "emulator/batch/node/attempt.h"

namespace aloft::emulator::batch {

enum class TaskState : std::uint8_t { active, preparing, running, completed };
std::string_view name_of(TaskState state);

/// What becomes of a task when the attempt under way has ended; of two wishes the later one here.
enum class Fate : std::uint8_t {
  by_outcome,  ///< As the attempt says: completed, or tried again.
  requeue,     ///< Active again: its node is needed for something else, or its job is disabled.
  terminate,   ///< Completed: somebody asked for its end.
  remove,      ///< Gone.
};

/// What a task has been through; a task that was never scheduled nor ended has none.
struct Execution {
  std::optional<Instant> started{};
  std::optional<Instant> ended{};
  std::optional<Instant> last_retry{};
  std::optional<Instant> last_requeue{};
  std::uint32_t retry_count = 0;
  std::uint32_t requeue_count = 0;
  std::optional<int> exit_code{};
  std::optional<FailureInfo> failure{};
  bool failed = false;  ///< The result, once the task is completed.
  std::string pool{};   ///< Where the last attempt is or was; empty: there was none.
  std::string node{};
  std::uint64_t run = 0;  ///< The attempt under way; 0: none. Not kept.
  Fate fate = Fate::by_outcome;
};

/// One task. There may be a million of them: what clients sent is kept as text, and what only some
/// tasks have lies apart.
struct Task {
  std::uint32_t number = 0;  ///< In the job, from 0 in the order of their making.
  std::string id{};
  /// The other properties that the client sent, but for constraints and requiredSlots: "{…}".
  std::string settings{};
  TaskState state = TaskState::active;
  TaskState previous_state = TaskState::active;
  bool has_user_identity = false;
  bool has_dependencies = false;
  bool waits = false;      ///< For tasks that it depends on. Not kept.
  bool is_queued = false;  ///< It is in the job's queue. Not kept.
  bool satisfies = false;  ///< It is completed, and what depends on it may run.
  std::uint16_t slots = 1;
  std::int32_t retries_max = 0;  ///< -1: no limit.
  Duration wall_time = kUnlimited;
  Duration retention = std::chrono::days(7);
  Instant created{};
  Instant modified{};
  Instant entered_state{};
  Instant entered_previous_state{};
  std::unique_ptr<Execution> execution{};

  Version version() const { return {modified}; }
  bool has_succeeded() const {
    return state == TaskState::completed && (!execution || !execution->failed);
  }
  Execution& executed() {
    if (!execution) execution = std::make_unique<Execution>();
    return *execution;
  }
  void enter(TaskState next, Instant now) {
    previous_state = state;
    entered_previous_state = entered_state;
    state = next;
    entered_state = now;
  }
};

}  // namespace aloft::emulator::batch
