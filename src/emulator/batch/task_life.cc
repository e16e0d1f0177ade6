// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/task_life.h"

#include <utility>

#include "emulator/batch/exit_conditions.h"
#include "emulator/batch/job_life.h"
#include "emulator/batch/task_settings.h"

namespace aloft::emulator::batch {

namespace {

void enqueue(Job& job, Task& task) {
  if (task.is_queued) return;
  task.is_queued = true;
  job.queue.push(task.number);
}

/// Lets it wait for what it depends on, or queues it.
void make_ready(Job& job, Task& task) {
  task.waits = task.has_dependencies &&
               job.dependencies.add(task.number, wants_of(Json::parse(task.settings)));
  if (!task.waits) enqueue(job, task);
}

void enter(Job& job, Task& task, TaskState next, Instant now) {
  job.count(task, -1);
  task.enter(next, now);
  job.count(task, 1);
}

void release_dependents(Job& job, const Task& task) {
  for (const std::uint32_t number : job.dependencies.satisfy(task.id)) {
    Task* waiting = job.tasks.at(number);
    if (waiting == nullptr || waiting->state != TaskState::active) continue;
    waiting->waits = false;
    enqueue(job, *waiting);
  }
}

void act_on_job(State& state, Job& job, ExitOptions::JobAction action) {
  if (!job.acts_on_failure() || job.state != JobState::active) return;
  if (action == ExitOptions::JobAction::disable) disable_job(state, job, DisableTasks::requeue);
  if (action == ExitOptions::JobAction::terminate) terminate_job(state, job, "TaskFailed");
}

void complete(State& state, Job& job, Task& task, AttemptEnd end) {
  const Instant now = state.now();
  const ExitOptions options = exit_options(Json::parse(task.settings), end);
  Execution& execution = task.executed();
  execution.exit_code = end.exit_code;
  execution.failed = end.failure.has_value();
  execution.failure = std::move(end.failure);
  execution.ended = now;
  execution.run = 0;
  job.dependencies.remove(task.number);
  task.waits = false;
  // The result is counted with the state, so it is set before.
  job.count(task, -1);
  task.enter(TaskState::completed, now);
  job.count(task, 1);
  task.satisfies = options.satisfies;
  state.save(job, task);
  if (task.satisfies) release_dependents(job, task);
  act_on_job(state, job, options.job_action);
}

/// Whether the command failed by itself and may be tried again: what was ended, or could not be
/// prepared, is not. That its files could not be uploaded either does not matter.
bool may_retry(const Task& task, const AttemptEnd& end) {
  const bool was_ended = end.failure && end.failure->code == "TaskEnded";
  if (was_ended || end.exit_code.value_or(0) == 0) return false;
  const auto used = static_cast<std::int64_t>(task.execution->retry_count);
  return task.retries_max < 0 || used < task.retries_max;
}

void activate_again(State& state, Job& job, Task& task, Instant now) {
  task.execution->run = 0;
  enter(job, task, TaskState::active, now);
  enqueue(job, task);
  state.save(job, task);
}

void retry(State& state, Job& job, Task& task, AttemptEnd end) {
  const Instant now = state.now();
  Execution& execution = *task.execution;
  ++execution.retry_count;
  execution.last_retry = now;
  execution.exit_code = end.exit_code;
  execution.failure = std::move(end.failure);
  execution.failed = true;
  activate_again(state, job, task, now);
}

void requeue(State& state, Job& job, Task& task) {
  const Instant now = state.now();
  Execution& execution = *task.execution;
  ++execution.requeue_count;
  execution.last_requeue = now;
  activate_again(state, job, task, now);
}

/// The slots of the node are free again.
void leave_node(State& state, const Run& run, std::uint64_t number, const Task& task) {
  Pool* pool = state.find_pool(run.pool);
  PoolNode* node = pool == nullptr ? nullptr : pool->find(run.node);
  if (node == nullptr || node->runs.erase(number) == 0) return;
  node->free_slots += task.slots;
  if (node->runs.empty() && node->state == NodeState::running) {
    node->state = NodeState::idle;
    node->entered_state = state.now();
  }
}

void count_on_node(State& state, const Run& run, const AttemptEnd& end) {
  Pool* pool = state.find_pool(run.pool);
  PoolNode* node = pool == nullptr ? nullptr : pool->find(run.node);
  if (node == nullptr) return;
  ++node->tasks_run;
  if (!end.failure) ++node->tasks_succeeded;
}

AttemptEnd ended_by_request() {
  AttemptEnd end;
  end.phase = AttemptEnd::Phase::running;
  end.failure = FailureInfo{.category = FailureInfo::Category::user,
                            .code = "TaskEnded",
                            .message = "The task was ended by a request of a user."};
  return end;
}

struct Ended {
  Run run;
  Job* job;
  Task* task;
  Fate fate;
};

/// Takes the attempt out of the books; nothing where it is in none.
std::optional<Ended> close_run(State& state, std::uint64_t number) {
  const Run* found = state.find_run(number);
  if (found == nullptr) return std::nullopt;
  Run run = *found;
  state.drop_run(number);
  Job* job = state.find_job(run.job);
  Task* task = job == nullptr ? nullptr : job->tasks.at(run.task);
  if (task == nullptr) return std::nullopt;
  leave_node(state, run, number, *task);
  const Fate fate = std::exchange(task->execution->fate, Fate::by_outcome);
  return Ended{.run = std::move(run), .job = job, .task = task, .fate = fate};
}

/// It is kept, so that the task meets its fate even if the emulator is killed before.
void decide_fate(State& state, const Run& run, Fate fate) {
  const Job& job = *state.find_job(run.job);
  const Task& task = *job.tasks.at(run.task);
  if (fate <= task.execution->fate) return;
  task.execution->fate = fate;
  state.save(job, task);
}

/// The emulator was killed during the attempt.
void end_interrupted(State& state, Job& job, Task& task) {
  const Fate fate = std::exchange(task.execution->fate, Fate::by_outcome);
  const bool job_ends = job.state == JobState::terminating || job.state == JobState::deleting;
  if (fate == Fate::remove) {
    remove_task(state, job, task);
  } else if (fate == Fate::terminate || job_ends) {
    complete(state, job, task, ended_by_request());
  } else {
    requeue(state, job, task);
  }
}

}  // namespace

Task& add_task(State& state, Job& job, std::unique_ptr<Task> task) {
  task->number = job.tasks.next_number();
  task->created = task->modified = task->entered_state = state.now();
  Task& added = job.tasks.add(std::move(task));
  job.count(added, 1);
  make_ready(job, added);
  state.save_new(job, added);
  return added;
}

void end_run(State& state, std::uint64_t number, AttemptEnd end) {
  auto ended = close_run(state, number);
  if (!ended) return;
  Job& job = *ended->job;
  Task& task = *ended->task;
  if (ended->fate == Fate::requeue && end.failure) {
    requeue(state, job, task);
    return;
  }
  if (ended->fate == Fate::remove) {
    task.execution->run = 0;
    remove_task(state, job, task);
    return;
  }
  count_on_node(state, ended->run, end);
  if (ended->fate == Fate::by_outcome && may_retry(task, end)) {
    retry(state, job, task, std::move(end));
  } else {
    complete(state, job, task, std::move(end));
  }
}

void lose_run(State& state, std::uint64_t number) {
  const Run* run = state.find_run(number);
  if (run == nullptr) return;
  // Who asked for the end of the task before gets it.
  decide_fate(state, *run, Fate::requeue);
  end_run(state, number, ended_by_request());
}

void stop_run(State& state, std::uint64_t number, Fate fate) {
  const Run* run = state.find_run(number);
  if (run == nullptr) return;
  decide_fate(state, *run, fate);
  state.fleet().stop(number);
}

void terminate_task(State& state, Job& job, Task& task) {
  if (task.execution && task.execution->run != 0) {
    stop_run(state, task.execution->run, Fate::terminate);
    return;
  }
  complete(state, job, task, ended_by_request());
}

void reactivate_task(State& state, Job& job, Task& task) {
  const Instant now = state.now();
  Execution& execution = task.executed();
  execution.retry_count = 0;
  execution.last_retry.reset();
  if (task.satisfies) job.dependencies.retract(task.id);
  task.satisfies = false;
  enter(job, task, TaskState::active, now);
  execution.failed = false;
  execution.failure.reset();
  execution.exit_code.reset();
  execution.ended.reset();
  make_ready(job, task);
  state.save(job, task);
}

void remove_task(State& state, Job& job, Task& task) {
  if (task.execution && task.execution->run != 0) {
    stop_run(state, task.execution->run, Fate::remove);
    return;
  }
  if (task.satisfies) job.dependencies.retract(task.id);
  job.dependencies.remove(task.number);
  job.count(task, -1);
  if (task.execution && !task.execution->node.empty()) {
    state.fleet().remove_task(task.execution->node, job.id, task.id);
  }
  state.drop_task(job, task);
}

void restore_task(State& state, Job& job, Task& task) {
  job.count(task, 1);
  if (task.state == TaskState::preparing || task.state == TaskState::running) {
    end_interrupted(state, job, task);
  } else if (task.state == TaskState::active) {
    make_ready(job, task);
  }
}

}  // namespace aloft::emulator::batch
