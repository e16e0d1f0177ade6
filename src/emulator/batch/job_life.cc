// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/job_life.h"

#include "emulator/batch/task_life.h"

namespace aloft::emulator::batch {

namespace {

void stop_tasks(State& state, const Job& job, Fate fate) {
  if (job.counts.running == 0) return;
  job.tasks.for_each([&](Task& task) {
    if (task.execution && task.execution->run != 0) stop_run(state, task.execution->run, fate);
  });
}

void enter(State& state, Job& job, JobState next) {
  job.enter(next, state.now());
  state.save(job);
}

bool all_tasks_completed(const Job& job) {
  return job.counts.active == 0 && job.counts.running == 0;
}

/// Whether an active job has come to its own end.
void terminate_when_due(State& state, Job& job) {
  if (job.terminates_when_done() && all_tasks_completed(job)) {
    terminate_job(state, job, "AllTasksCompleted");
    return;
  }
  const auto deadline = deadline_of(job);
  if (deadline && *deadline <= state.now()) terminate_job(state, job, "MaxWallClockTimeExpiry");
}

}  // namespace

void disable_job(State& state, Job& job, DisableTasks tasks) {
  job.disable_tasks = tasks;
  enter(state, job, JobState::disabling);
  if (tasks == DisableTasks::requeue) stop_tasks(state, job, Fate::requeue);
  if (tasks == DisableTasks::terminate) stop_tasks(state, job, Fate::terminate);
}

void enable_job(State& state, Job& job) {
  enter(state, job, JobState::active);
}

void terminate_job(State& state, Job& job, std::string reason) {
  job.terminate_reason = std::move(reason);
  enter(state, job, JobState::terminating);
  stop_tasks(state, job, Fate::terminate);
}

void delete_job(State& state, Job& job) {
  enter(state, job, JobState::deleting);
  stop_tasks(state, job, Fate::terminate);
}

bool settle_job(State& state, Job& job) {
  if (job.state == JobState::active) terminate_when_due(state, job);
  if (job.counts.running > 0) return true;
  switch (job.state) {
    case JobState::disabling:
      enter(state, job, JobState::disabled);
      return true;
    case JobState::terminating:
      enter(state, job, JobState::completed);
      job.ended = job.entered_state;
      state.save(job);
      return true;
    case JobState::deleting:
      state.fleet().remove_job(job.id);
      state.drop(job);
      return false;
    default:
      return true;
  }
}

std::optional<Instant> deadline_of(const Job& job) {
  const Duration time = job.wall_time();
  // Beyond any clock: adding it would overflow.
  if (time > std::chrono::days(100 * 365)) return std::nullopt;
  return job.created + time;
}

}  // namespace aloft::emulator::batch
