// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/scheduling.h"

#include <algorithm>

#include "emulator/batch/job_life.h"
#include "emulator/batch/node_mishaps.h"
#include "emulator/batch/pool_life.h"
#include "emulator/batch/task_settings.h"

namespace aloft::emulator::batch {

namespace {

/// The first task that may run now; null where there is none. Entries of tasks that have ended, or
/// are gone, are dropped on the way.
Task* front(Job& job) {
  while (!job.queue.empty()) {
    Task* task = job.tasks.at(job.queue.top());
    if (task != nullptr && task->state == TaskState::active && task->is_queued && !task->waits) {
      return task;
    }
    if (task != nullptr) task->is_queued = false;
    job.queue.pop();
  }
  return nullptr;
}

/// With enough free slots: the emptiest, or the fullest where the pool packs.
PoolNode* choose_node(const Pool& pool, std::int64_t slots) {
  PoolNode* chosen = nullptr;
  for (const auto& [id, node] : pool.nodes) {
    if (!node->takes_tasks() || node->free_slots < slots) continue;
    const bool better = chosen == nullptr || (pool.packs() ? node->free_slots < chosen->free_slots
                                                           : node->free_slots > chosen->free_slots);
    if (better) chosen = node.get();
  }
  return chosen;
}

void start(State& state, Pool& pool, PoolNode& node, Job& job, Task& task) {
  Attempt attempt = attempt_of(job, task);
  const Instant now = state.now();
  const std::uint64_t run =
      state.add_run({.job = job.number, .task = task.number, .pool = pool.id, .node = node.id});
  Execution& execution = task.executed();
  execution.started = now;
  execution.ended.reset();
  execution.pool = pool.id;
  execution.node = node.id;
  execution.run = run;
  job.count(task, -1);
  task.enter(TaskState::running, now);
  job.count(task, 1);
  node.free_slots -= task.slots;
  node.runs.insert(run);
  if (node.state == NodeState::idle) {
    node.state = NodeState::running;
    node.entered_state = now;
  }
  state.save(job, task);
  state.fleet().start(node.id, run, std::move(attempt), state.ledger().position());
  await_mishap(state, node, run);
}

/// Starts tasks of the job while there is room. A task that waits for more slots than are free
/// holds up those behind it, so that it runs in the end; one that no node is large enough for does
/// not.
void start_tasks(State& state, Pool& pool, Job& job) {
  std::vector<std::uint32_t> too_large;
  for (Task* task = front(job); task != nullptr; task = front(job)) {
    const std::int64_t parallel_max = job.parallel_max();
    if (parallel_max >= 0 && job.counts.running >= parallel_max) break;
    if (task->slots > pool.slots_per_node()) {
      too_large.push_back(task->number);
      job.queue.pop();
      continue;
    }
    PoolNode* node = choose_node(pool, task->slots);
    if (node == nullptr) break;
    job.queue.pop();
    task->is_queued = false;
    start(state, pool, *node, job, *task);
  }
  for (const std::uint32_t number : too_large) job.queue.push(number);
}

void fill(State& state, Pool& pool) {
  if (choose_node(pool, 1) == nullptr) return;
  std::vector<Job*> jobs;
  for (const auto& [id, job] : state.jobs()) {
    if (job->state == JobState::active && !job->queue.empty() &&
        http::equal_ignoring_case(job->pool(), pool.id)) {
      jobs.push_back(job.get());
    }
  }
  std::ranges::sort(jobs, [](const Job* a, const Job* b) {
    return std::pair(-a->priority(), a->number) < std::pair(-b->priority(), b->number);
  });
  for (Job* job : jobs) start_tasks(state, pool, *job);
}

/// Calls `settle` for each; it may erase the one that it is called for.
template <class Map, class Settle>
void settle_all(const Map& map, Settle settle) {
  for (auto next = map.begin(); next != map.end();) {
    auto& one = *next->second;
    ++next;
    settle(one);
  }
}

}  // namespace

void schedule(State& state) {
  settle_all(state.jobs(), [&](Job& job) { settle_job(state, job); });
  settle_all(state.pools(), [&](Pool& pool) { settle_pool(state, pool); });
  for (const auto& [id, pool] : state.pools()) fill(state, *pool);
}

std::optional<Instant> next_due(const State& state) {
  std::optional<Instant> due;
  const auto consider = [&](const std::optional<Instant>& time) {
    if (time && (!due || *time < *due)) due = time;
  };
  for (const auto& [id, pool] : state.pools()) {
    consider(pool->resizes_at);
    for (const auto& [name, node] : pool->nodes) {
      if (node->mishap) consider(node->mishap->due);
    }
  }
  for (const auto& [id, job] : state.jobs()) {
    if (job->state == JobState::active) consider(deadline_of(*job));
  }
  return due;
}

}  // namespace aloft::emulator::batch
