// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/batch/state.h"

// What happens to pools and their nodes. What takes time is finished by settle_pool().
namespace aloft::emulator::batch {

struct PoolSize {
  std::int64_t dedicated = 0;
  std::int64_t low_priority = 0;
};

/// The pool is new, or steady.
void resize_pool(State& state, Pool& pool, PoolSize size, NodeOption on_shrink);
/// The pool stays as large as it is; nodes that are leaving go.
void stop_resize(State& state, Pool& pool);
/// It goes when the last of its nodes is gone; their tasks become active again.
void delete_pool(State& state, Pool& pool);

/// Takes nodes out of the pool for good.
void remove_nodes(State& state, Pool& pool, const std::vector<PoolNode*>& nodes, NodeOption option);
/// Starts a node anew, its directory emptied if `reimage`.
void restart_node(State& state, PoolNode& node, bool reimage, NodeOption option);
/// No more tasks for the node until enable_scheduling().
void disable_scheduling(State& state, Pool& pool, PoolNode& node, NodeOption option);
void enable_scheduling(State& state, Pool& pool, PoolNode& node);
/// The machine vanishes and is seen as unusable, or as preempted, until the pool gets another one.
void lose_node(State& state, Pool& pool, PoolNode& node, NodeState seen_as = NodeState::unusable);
/// The machine restarts of itself, with nobody asking its tasks to end.
void crash_node(State& state, PoolNode& node);

/// The fleet has opened, or failed to open, a node's machine.
void node_opened(State& state, Pool& pool, PoolNode& node, const Result<void>& opened,
                 const std::optional<AttemptEnd>& start_task);

/// Takes the next steps for which all conditions are met: nodes come and go. False where the pool
/// was to be deleted and is gone.
bool settle_pool(State& state, Pool& pool);

/// After a restart of the emulator: all machines are started.
void restore_pool(State& state, Pool& pool);

}  // namespace aloft::emulator::batch
