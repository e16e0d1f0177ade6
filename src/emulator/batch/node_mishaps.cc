// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node_mishaps.h"

#include "emulator/batch/pool_life.h"

namespace aloft::emulator::batch {

namespace {

void strike(State& state, Pool& pool, PoolNode& node, faults::NodeEvent event) {
  switch (event) {
    case faults::NodeEvent::lose:
      return lose_node(state, pool, node, NodeState::unusable);
    case faults::NodeEvent::preempt:
      return lose_node(state, pool, node, NodeState::preempted);
    case faults::NodeEvent::reboot:
      return crash_node(state, node);
  }
}

}  // namespace

void await_mishap(State& state, PoolNode& node, std::uint64_t run) {
  faults::NodeFaults* faults = state.options().node_faults;
  if (faults == nullptr || node.mishap) return;
  const Run& started = *state.find_run(run);
  const Job& job = *state.find_job(started.job);
  const auto fault = faults->choose(started.pool, job.id, job.tasks.at(started.task)->id);
  if (!fault) return;
  node.mishap = Mishap{.fault = *fault, .run = run, .due = state.now() + fault->delay};
}

void strike_nodes(State& state, Pool& pool) {
  for (const auto& [id, node] : pool.nodes) {
    if (!node->mishap) continue;
    const bool can_happen = node->runs.contains(node->mishap->run) && !node->is_leaving;
    if (can_happen && node->mishap->due > state.now()) continue;
    const faults::NodeFault fault = node->mishap->fault;
    node->mishap.reset();
    if (can_happen) {
      strike(state, pool, *node, fault.event);
    } else {
      state.options().node_faults->take_back(fault);
    }
  }
}

}  // namespace aloft::emulator::batch
