// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/waiting.h"

#include <fmt/format.h>

#include <algorithm>

#include "executor/azure_batch/mapping.h"
#include "workload/graph.h"

namespace aloft::executor {
namespace {

using batch::Pool;
using workload::Dependency;
using workload::Graph;

bool waits(const TaskStatus& task) {
  return task.phase == TaskPhase::waiting;
}

/// Puts a job with the present state of its tasks into a graph.
Result<void> add(const Observed& observed, workload::Job job, Graph& graph) {
  const JobRecord& record = observed.record;
  TRY(graph.add(record.id, job));
  for (std::size_t i = 0; i < record.job.task_count(); ++i) {
    const TaskStatus task = status_of(observed, record.id + i);
    if (task.phase == TaskPhase::running) {
      graph.start(task.name, task.started.value_or(observed.record.submitted));
    } else if (task.phase == TaskPhase::ended) {
      graph.end(task.name, task.record->exit_class);
    }
  }
  return {};
}

/// The job and those that it waits for. Earlier jobs of its name count only if they have not ended.
Result<Graph> graph_around(BatchHome& home, Observer& observer, const Observed& observed,
                           const Limits& limits) {
  Graph graph;
  std::vector<JobRecord> others;
  for (const Dependency& term : observed.record.job.dependencies.terms) {
    if (term.kind == Dependency::Kind::singleton) {
      for (JobRecord& other : TRY(home.jobs(limits))) {
        const bool before = other.id < observed.record.id;
        if (before && other.job.name == observed.record.job.name)
          others.push_back(std::move(other));
      }
    } else {
      others.push_back(TRY(home.job(term.on.job, limits)));
    }
  }
  for (JobRecord& other : others) {
    if (graph.contains(other.id)) continue;
    const Observed seen = TRY(observer.look(std::move(other)));
    workload::Job job = seen.record.job;
    job.dependencies = {};
    TRY(add(seen, std::move(job), graph));
  }
  TRY(add(observed, observed.record.job, graph));
  return graph;
}

bool usable(const batch::Node& node) {
  return node.state == "idle" || node.state == "running";
}

std::string describe_nodes(const Pool& pool) {
  return fmt::format("{} of {} nodes are there", pool.current.total(), pool.target.total());
}

/// Nodes are there, but none takes tasks.
std::string explain_nodes(const Pool& pool, const std::vector<batch::Node>& nodes) {
  for (const batch::Node& node : nodes) {
    if (node.state != "starttaskfailed") continue;
    return fmt::format(
        "the nodes of pool {} cannot run jobs: {}", pool.id,
        node.start_task_failure.empty() ? "their start task failed" : node.start_task_failure);
  }
  return fmt::format("the nodes of pool {} are not ready yet (the first is {})", pool.id,
                     nodes.front().state);
}

std::string explain_size(const Pool& pool) {
  if (pool.allocation != Pool::Allocation::steady) {
    return fmt::format("pool {} is being resized: {}", pool.id, describe_nodes(pool));
  }
  if (!pool.resize_errors.empty()) {
    const batch::ResizeError& error = pool.resize_errors.front();
    return fmt::format("pool {} did not get its nodes: {} ({})", pool.id, error.message,
                       error.code);
  }
  return fmt::format("pool {} has no nodes; `aloft pool resize {} --nodes N` gives it some",
                     pool.id, pool.id);
}

std::string explain_slots(const Pool& pool, const std::vector<batch::Node>& nodes,
                          std::uint32_t slots, const batch::TaskCounts& counts) {
  const bool fits = std::ranges::any_of(nodes, [&](const batch::Node& node) {
    return usable(node) && pool.slots_per_node - node.running_slots >= slots;
  });
  if (fits) return "waits for its turn";
  return fmt::format(
      "waits for {} free slot{} on a node of pool {} (tasks: {} running, {} waiting)", slots,
      slots == 1 ? "" : "s", pool.id, counts.running, counts.active);
}

}  // namespace

Result<std::string> explain_pool(batch::BatchClient& client, const JobRecord& record,
                                 const Limits& limits) {
  const auto pool = client.pool(record.pool, limits);
  if (!pool && pool.error().code == ErrorCode::not_found) {
    return fmt::format("pool {} does not exist; `aloft pool create` makes one", record.pool);
  }
  if (!pool) return fail(pool.error());
  if (pool->state == Pool::State::deleting) {
    return fmt::format("pool {} is being deleted", pool->id);
  }
  const std::uint32_t slots = slots_for(record.job.resources, *pool);
  if (slots > pool->slots_per_node) {
    return fmt::format(
        "it needs {} slots; a node of pool {} has {}: `aloft cancel` it, and submit it to a pool "
        "of larger nodes",
        slots, pool->id, pool->slots_per_node);
  }
  const batch::Job job = TRY(client.job(record.batch_job, limits));
  if (job.state != "active") return fmt::format("Batch job {} is {}", job.id, job.state);
  const auto nodes = TRY(client.nodes(record.pool, limits));
  if (nodes.empty()) return explain_size(*pool);
  if (std::ranges::none_of(nodes, usable)) return explain_nodes(*pool, nodes);
  const auto counts = TRY(client.task_counts(record.batch_job, limits));
  return explain_slots(*pool, nodes, slots, counts);
}

Result<void> explain_waiting(BatchHome& home, Observer& observer, batch::BatchClient& client,
                             const Observed& observed, std::span<TaskStatus> tasks,
                             const Limits& limits) {
  if (std::ranges::none_of(tasks, waits)) return {};
  const Graph graph = TRY(graph_around(home, observer, observed, limits));
  const auto now = std::chrono::system_clock::now();
  std::optional<std::string> pool;
  for (TaskStatus& task : tasks) {
    if (!waits(task)) continue;
    if (!observed.in_batch.contains(task.number)) {
      task.reason = "its submission is not complete; this and later commands go on with it";
      continue;
    }
    task.reason = graph.why(task.name, now);
    if (!task.reason.empty()) continue;
    if (observed.in_batch.at(task.number).state == batch::Task::State::preparing) {
      task.reason = "its node fetches what it needs";
      continue;
    }
    if (!pool) pool = TRY(explain_pool(client, observed.record, limits));
    task.reason = *pool;
  }
  return {};
}

}  // namespace aloft::executor
