// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/pool_life.h"

#include <algorithm>

#include "emulator/batch/node_mishaps.h"
#include "emulator/batch/task_life.h"
#include "emulator/batch/task_settings.h"
#include "emulator/wire/uuid.h"

namespace aloft::emulator::batch {

namespace {

void enter(State& state, PoolNode& node, NodeState next) {
  node.state = next;
  node.entered_state = state.now();
}

void enter(State& state, Pool& pool, AllocationState next) {
  pool.allocation = next;
  pool.entered_allocation = pool.modified = state.now();
}

std::string new_node_id(bool dedicated) {
  std::string digits = make_uuid() + make_uuid();
  std::erase(digits, '-');
  return "tvmps_" + digits + (dedicated ? "_d" : "_p");
}

void make_unusable(State& state, PoolNode& node, const Error& error) {
  node.trouble = error.message;
  enter(state, node, NodeState::unusable);
}

/// Has the machine started; the end is told to node_opened().
void open_machine(State& state, const Pool& pool, PoolNode& node) {
  const auto settings = pool.settings.find("startTask");
  if (!node.start_task && settings != pool.settings.end()) {
    node.start_task = StartTaskInfo{.settings = *settings, .started = state.now()};
  }
  std::optional<Attempt> attempt;
  if (node.start_task) {
    attempt = start_task_attempt(node.start_task->settings);
    enter(state, node, NodeState::waiting_for_start_task);
  } else {
    enter(state, node, NodeState::starting);
  }
  node.booted = state.now();
  node.trouble.clear();
  const auto opened = state.fleet().open(
      {.pool = pool.id, .node = node.id, .is_dedicated = node.is_dedicated}, std::move(attempt));
  if (!opened) make_unusable(state, node, opened.error());
}

void add_node(State& state, Pool& pool, bool dedicated) {
  auto node = std::make_unique<PoolNode>();
  node->id = new_node_id(dedicated);
  node->is_dedicated = dedicated;
  node->allocated = state.now();
  node->free_slots = pool.slots_per_node();
  PoolNode& added = *pool.nodes.emplace(node->id, std::move(node)).first->second;
  open_machine(state, pool, added);
}

void empty_node(State& state, const PoolNode& node, NodeOption option) {
  const auto runs = node.runs;
  for (const std::uint64_t run : runs) {
    if (option == NodeOption::requeue) stop_run(state, run, Fate::requeue);
    if (option == NodeOption::terminate) stop_run(state, run, Fate::terminate);
  }
}

void begin_leaving(State& state, PoolNode& node, NodeOption option) {
  node.is_leaving = true;
  enter(state, node, NodeState::leaving_pool);
  empty_node(state, node, option);
}

/// The machine ends as it is; its tasks become active again.
void stop_machine(State& state, const PoolNode& node, bool forget) {
  state.fleet().close(node.id, forget);
  const auto runs = node.runs;
  for (const std::uint64_t run : runs) lose_run(state, run);
}

/// How many nodes all pools together may have more.
std::int64_t room_for_nodes(const State& state) {
  std::int64_t room = state.options().nodes_max;
  for (const auto& [id, pool] : state.pools()) room -= pool->count(true) + pool->count(false);
  return std::max(room, std::int64_t{0});
}

ResizeError quota_error(const State& state, bool dedicated) {
  return {.code = dedicated ? "AccountCoreQuotaReached" : "AccountLowPriorityCoreQuotaReached",
          .message = "The emulator has at most " + std::to_string(state.options().nodes_max) +
                     " nodes in all pools together: ask for fewer, or make other pools smaller."};
}

std::vector<PoolNode*> staying_nodes(const Pool& pool, bool dedicated) {
  std::vector<PoolNode*> staying;
  for (const auto& [id, node] : pool.nodes) {
    if (node->is_dedicated == dedicated && !node->is_leaving) staying.push_back(node.get());
  }
  return staying;
}

/// Brings the number of nodes of one kind to its target, or as near as the limit of all nodes
/// allows; idle ones leave first.
void approach(State& state, Pool& pool, bool dedicated, std::int64_t target) {
  std::vector<PoolNode*> staying = staying_nodes(pool, dedicated);
  std::ranges::stable_sort(staying, {}, [](const PoolNode* node) { return node->runs.size(); });
  for (auto count = std::ssize(staying); count > target; --count) {
    begin_leaving(state, *staying[static_cast<std::size_t>(std::ssize(staying) - count)],
                  pool.on_shrink);
  }
  const std::int64_t missing = target - std::ssize(staying);
  const std::int64_t allowed = std::min(missing, room_for_nodes(state));
  for (std::int64_t count = 0; count < allowed; ++count) add_node(state, pool, dedicated);
  if (allowed < missing) pool.resize_errors.push_back(quota_error(state, dedicated));
}

void finish_leaving(State& state, Pool& pool) {
  std::erase_if(pool.nodes, [&](const auto& entry) {
    const PoolNode& node = *entry.second;
    if (!node.is_leaving || !node.runs.empty()) return false;
    if (node.is_lost && pool.resizes_at) return false;
    state.fleet().close(node.id, true);
    return true;
  });
}

void finish_restarts(State& state, Pool& pool) {
  for (const auto& [id, node] : pool.nodes) {
    if (!node->restarts_as || !node->runs.empty()) continue;
    state.fleet().close(node->id, *node->restarts_as == NodeState::reimaging);
    node->restarts_as.reset();
    node->start_task.reset();
    open_machine(state, pool, *node);
  }
}

/// Or come as near as it can.
bool has_reached_targets(const Pool& pool) {
  const bool leaving =
      std::ranges::any_of(pool.nodes, [](const auto& node) { return node.second->is_leaving; });
  if (leaving || !pool.resize_errors.empty()) return !leaving;
  return pool.count(true) == pool.target_dedicated && pool.count(false) == pool.target_low_priority;
}

bool may_try_start_task_again(const StartTaskInfo& info) {
  const int retries = info.settings.value("maxTaskRetryCount", 0);
  return retries < 0 || info.retry_count < static_cast<std::uint32_t>(retries);
}

/// True where the node is ready.
bool finish_start_task(State& state, const Pool& pool, PoolNode& node, const AttemptEnd& end) {
  StartTaskInfo& info = *node.start_task;
  info.exit_code = end.exit_code;
  info.failure = end.failure;
  if (end.failure && may_try_start_task_again(info)) {
    ++info.retry_count;
    info.last_retry = state.now();
    open_machine(state, pool, node);
    return false;
  }
  info.ended = state.now();
  if (end.failure && info.settings.value("waitForSuccess", true)) {
    enter(state, node, NodeState::start_task_failed);
    return false;
  }
  return true;
}

}  // namespace

void resize_pool(State& state, Pool& pool, PoolSize size, NodeOption on_shrink) {
  pool.target_dedicated = size.dedicated;
  pool.target_low_priority = size.low_priority;
  pool.on_shrink = on_shrink;
  pool.resize_errors.clear();
  enter(state, pool, AllocationState::resizing);
  pool.resizes_at = pool.entered_allocation + state.options().resize_time;
  state.save(pool);
}

void stop_resize(State& state, Pool& pool) {
  pool.resizes_at.reset();
  pool.target_dedicated = std::ssize(staying_nodes(pool, true));
  pool.target_low_priority = std::ssize(staying_nodes(pool, false));
  enter(state, pool, AllocationState::stopping);
  state.save(pool);
}

void delete_pool(State& state, Pool& pool) {
  pool.state = PoolState::deleting;
  pool.entered_state = pool.modified = state.now();
  pool.resizes_at.reset();
  for (const auto& [id, node] : pool.nodes) {
    if (!node->is_leaving) begin_leaving(state, *node, NodeOption::requeue);
  }
  state.save(pool);
}

void remove_nodes(State& state, Pool& pool, const std::vector<PoolNode*>& nodes,
                  NodeOption option) {
  for (PoolNode* node : nodes) {
    (node->is_dedicated ? pool.target_dedicated : pool.target_low_priority) -= 1;
    begin_leaving(state, *node, option);
  }
  enter(state, pool, AllocationState::resizing);
  state.save(pool);
}

void restart_node(State& state, PoolNode& node, bool reimage, NodeOption option) {
  enter(state, node, reimage ? NodeState::reimaging : NodeState::rebooting);
  node.restarts_as = node.state;
  empty_node(state, node, option);
}

void disable_scheduling(State& state, Pool& pool, PoolNode& node, NodeOption option) {
  node.schedules = false;
  empty_node(state, node, option);
  state.save(pool);
}

void enable_scheduling(State& state, Pool& pool, PoolNode& node) {
  node.schedules = true;
  state.save(pool);
}

void lose_node(State& state, Pool& pool, PoolNode& node, NodeState seen_as) {
  stop_machine(state, node, true);
  node.is_lost = node.is_leaving = true;
  enter(state, node, seen_as);
  enter(state, pool, AllocationState::resizing);
  pool.resizes_at = pool.entered_allocation + state.options().resize_time;
  state.save(pool);
}

void crash_node(State& state, PoolNode& node) {
  stop_machine(state, node, false);
  enter(state, node, NodeState::rebooting);
  node.restarts_as = node.state;
}

void node_opened(State& state, Pool& pool, PoolNode& node, const Result<void>& opened,
                 const std::optional<AttemptEnd>& start_task) {
  if (node.is_leaving || node.restarts_as) return;
  if (!opened) {
    make_unusable(state, node, opened.error());
    return;
  }
  if (start_task && !finish_start_task(state, pool, node, *start_task)) return;
  enter(state, node, NodeState::idle);
}

bool settle_pool(State& state, Pool& pool) {
  strike_nodes(state, pool);
  finish_leaving(state, pool);
  finish_restarts(state, pool);
  if (pool.state == PoolState::deleting) {
    if (!pool.nodes.empty()) return true;
    state.drop(pool);
    return false;
  }
  if (pool.resizes_at && *pool.resizes_at <= state.now()) {
    pool.resizes_at.reset();
    pool.resize_errors.clear();
    approach(state, pool, true, pool.target_dedicated);
    approach(state, pool, false, pool.target_low_priority);
    state.save(pool);
  }
  if (pool.allocation == AllocationState::steady || pool.resizes_at) return true;
  if (has_reached_targets(pool)) {
    enter(state, pool, AllocationState::steady);
    state.save(pool);
  }
  return true;
}

void restore_pool(State& state, Pool& pool) {
  for (const auto& [id, node] : pool.nodes) {
    node->free_slots = pool.slots_per_node();
    open_machine(state, pool, *node);
  }
  if (pool.count(true) != pool.target_dedicated || pool.count(false) != pool.target_low_priority) {
    pool.allocation = AllocationState::resizing;
    pool.resizes_at = state.now();
  }
  if (pool.state == PoolState::deleting) delete_pool(state, pool);
}

}  // namespace aloft::emulator::batch
