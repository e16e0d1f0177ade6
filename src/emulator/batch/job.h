// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/batch/dependencies.h"
#include "emulator/batch/shape.h"
#include "emulator/batch/task_table.h"

namespace aloft::emulator::batch {

enum class JobState { active, disabling, disabled, enabling, terminating, completed, deleting };
std::string_view name_of(JobState state);

/// What becomes of running tasks when their job is disabled.
enum class DisableTasks { requeue, terminate, wait };

/// How many tasks, or slots of tasks, are in which state. Preparing counts as running.
struct TaskCounts {
  std::int64_t active = 0;
  std::int64_t running = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
};

/// One job with its tasks.
struct Job {
  Job() : dependencies(tasks) {}
  Job(const Job&) = delete;  // `dependencies` refers to `tasks`.

  std::uint64_t number = 0;  ///< Never used again, as the id may be.
  std::string id{};
  Json settings{};  ///< What clients set, with defaults where the service shows them.
  JobState state = JobState::active;
  JobState previous_state = JobState::active;
  Instant created{};
  Instant modified{};
  Instant entered_state{};
  Instant entered_previous_state{};
  std::optional<Instant> ended{};
  std::string terminate_reason{};
  DisableTasks disable_tasks = DisableTasks::requeue;

  TaskTable tasks{};
  Dependencies dependencies;
  TaskCounts counts{};
  TaskCounts slot_counts{};
  /// Active tasks that may run, the first made first; some entries are out of date.
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> queue{};

  Version version() const { return {modified}; }
  std::string pool() const { return settings.at("poolInfo").value("poolId", std::string()); }
  int priority() const { return settings.value("priority", 0); }
  std::int64_t parallel_max() const { return settings.value("maxParallelTasks", -1); }
  bool uses_dependencies() const { return settings.value("usesTaskDependencies", false); }
  bool terminates_when_done() const {
    return settings.value("onAllTasksComplete", "") == "terminatejob";
  }
  bool acts_on_failure() const {
    return settings.value("onTaskFailure", "") == "performexitoptionsjobaction";
  }
  Duration wall_time() const;
  std::int32_t retries_max() const;

  void enter(JobState next, Instant now) {
    previous_state = state;
    entered_previous_state = entered_state;
    state = next;
    entered_state = modified = now;
  }
  /// Adds `sign` times this task, as it is, to the counts.
  void count(const Task& task, int sign);
};

}  // namespace aloft::emulator::batch
