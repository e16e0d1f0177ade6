// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "emulator/batch/job.h"

// Between what clients send of a task and what the emulator keeps and runs.
namespace aloft::emulator::batch {

/// What of a job matters to new tasks, so that they are made while the job may change.
struct JobTerms {
  bool uses_dependencies = false;
  bool acts_on_failure = false;
  std::int32_t retries_max = 0;
};
JobTerms terms_of(const Job& job);

/// The task that `body`, an item of kTaskShape, describes; number and times are the caller's. Also
/// checks what a shape cannot say.
Outcome<std::unique_ptr<Task>> make_task(Json body, const JobTerms& job, ApiVersion version);

/// Sets the constraints of a task from those of a body, or to their defaults where it has none.
void set_constraints(Task& task, const Json& body, const JobTerms& job);

/// What its settings say it depends on.
Wants wants_of(const Json& settings);

/// One run of the task; the job's environment comes before its own.
Attempt attempt_of(const Job& job, const Task& task);

/// One run of a pool's start task.
Attempt start_task_attempt(const Json& start_task);

/// Ids of pools, jobs and tasks: letters, digits, hyphens and underscores.
Outcome<void> check_id(const std::string& id, std::string_view property);

}  // namespace aloft::emulator::batch
