// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/batch/conditions.h"
#include "emulator/batch/node/attempt.h"
#include "emulator/batch/shape.h"
#include "emulator/faults/node_faults.h"

namespace aloft::emulator::batch {

enum class PoolState { active, deleting };
enum class AllocationState { steady, resizing, stopping };
enum class NodeState {
  idle,
  rebooting,
  reimaging,
  running,
  unusable,
  creating,
  starting,
  waiting_for_start_task,
  start_task_failed,
  unknown,
  leaving_pool,
  offline,
  preempted,
};
std::string_view name_of(PoolState state);
std::string_view name_of(AllocationState state);
std::string_view name_of(NodeState state);

/// What becomes of the running tasks of a node that is taken away, rebooted or not to be used.
/// With retained_data, too, the emulator waits for the end of the tasks only.
enum class NodeOption { requeue, terminate, task_completion, retained_data };
NodeOption parse_node_option(std::string_view name);

/// How the start task went on a node.
struct StartTaskInfo {
  Json settings{};  ///< As the node began with it; the pool's may change, or go, meanwhile.
  Instant started{};
  std::optional<Instant> ended{};
  std::optional<int> exit_code{};
  std::optional<FailureInfo> failure{};
  std::uint32_t retry_count = 0;
  std::optional<Instant> last_retry{};
};

/// What is to befall a node if the attempt still runs then.
struct Mishap {
  faults::NodeFault fault{};
  std::uint64_t run = 0;
  Instant due{};
};

/// One node of a pool as the service shows it; the machine itself is in the fleet.
struct PoolNode {
  std::string id{};
  bool is_dedicated = true;
  bool schedules = true;  ///< schedulingState enabled.
  /// It goes as soon as no task runs on it.
  bool is_leaving = false;
  /// Its machine is gone; it is shown, and leaves, until the one that replaces it comes.
  bool is_lost = false;
  std::optional<NodeState> restarts_as{};  ///< Rebooting or reimaging, when no task runs on it.
  NodeState state = NodeState::creating;
  Instant entered_state{};
  Instant allocated{};
  Instant booted{};
  std::int64_t free_slots = 0;
  std::int64_t tasks_run = 0;
  std::int64_t tasks_succeeded = 0;
  std::set<std::uint64_t> runs{};  ///< Attempts under way.
  std::optional<StartTaskInfo> start_task{};
  std::optional<Mishap> mishap{};
  std::string trouble{};  ///< Why it is unusable.

  bool takes_tasks() const {
    return schedules && !is_leaving && !restarts_as &&
           (state == NodeState::idle || state == NodeState::running);
  }
};

/// Why a pool has fewer nodes than it was to have.
struct ResizeError {
  std::string code{};
  std::string message{};
};

/// One pool with its nodes.
struct Pool {
  std::string id{};
  Json settings{};  ///< What clients set, with defaults where the service shows them.
  PoolState state = PoolState::active;
  AllocationState allocation = AllocationState::steady;
  Instant created{};
  Instant modified{};
  Instant entered_state{};
  Instant entered_allocation{};
  std::int64_t target_dedicated = 0;
  std::int64_t target_low_priority = 0;
  NodeOption on_shrink = NodeOption::requeue;
  /// When a resize takes effect.
  std::optional<Instant> resizes_at{};
  std::vector<ResizeError> resize_errors{};  ///< Of the last resize.
  std::map<std::string, std::unique_ptr<PoolNode>> nodes{};

  Version version() const { return {modified}; }
  std::int64_t slots_per_node() const { return settings.value("taskSlotsPerNode", 1); }
  bool packs() const {
    return settings.contains("taskSchedulingPolicy") &&
           settings["taskSchedulingPolicy"].value("nodeFillType", "") == "pack";
  }
  /// Of its nodes, without those that are lost.
  std::int64_t count(bool dedicated) const;
  PoolNode* find(std::string_view node) const;
};

/// Cores of an Azure size, as its name says; nothing where the name is none of an Azure size.
std::optional<int> cores_of_vm_size(std::string_view name);

}  // namespace aloft::emulator::batch
