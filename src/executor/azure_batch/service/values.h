// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// What is sent to and read from the Batch service, as plain values: only what Aloft uses.
namespace aloft::batch {

/// Names and values that the service keeps without looking at them.
using Labels = std::map<std::string, std::string>;

/// A blob that a node fetches before a task's command starts.
struct ResourceFile {
  std::string url{};
  std::string path{};      ///< Below the task's working directory.
  std::string identity{};  ///< Resource id of the managed identity that may read it.
};

/// As whom a command runs on its node; all tasks of a pool share the two users.
enum class RunAs { user, administrator };

/// Runs on each node before it takes tasks.
struct StartTask {
  std::string command_line{};
  std::vector<ResourceFile> files{};
  RunAs run_as = RunAs::administrator;
};

struct Image {
  std::string publisher{};
  std::string offer{};
  std::string sku{};
  std::string version = "latest";
  std::string node_agent{};  ///< The service's name for the agent that fits it.
};

struct NodeCounts {
  std::uint32_t dedicated = 0;
  std::uint32_t spot = 0;
  std::uint32_t total() const { return dedicated + spot; }
  bool operator==(const NodeCounts&) const = default;
};

struct NewPool {
  std::string id{};
  std::string vm_size{};
  Image image{};
  NodeCounts nodes{};
  std::uint32_t slots_per_node = 1;
  Labels labels{};
};

/// What a pool's last change of size failed with.
struct ResizeError {
  std::string code{};
  std::string message{};
};

/// A user-assigned managed identity of a pool.
struct Identity {
  std::string resource_id{};
  std::string client_id{};  ///< Which one a node asks for, where its pool has several.
  bool operator==(const Identity&) const = default;
};

struct Pool {
  enum class State { active, deleting };
  enum class Allocation { steady, resizing, stopping };
  std::string id{};
  State state = State::active;
  Allocation allocation = Allocation::steady;
  std::string vm_size{};
  NodeCounts current{};
  NodeCounts target{};
  std::uint32_t slots_per_node = 1;
  bool has_start_task = false;
  Labels labels{};
  std::vector<Identity> identities{};
  std::vector<ResizeError> resize_errors{};
};

struct Node {
  std::string id{};
  std::string state{};  ///< As the service names it: "idle", "starttaskfailed", …
  bool spot = false;
  std::uint32_t running_slots = 0;
  std::string start_task_failure{};  ///< In the service's words; empty: none.
};

struct NewJob {
  std::string id{};
  std::string pool{};
  Labels labels{};
};

struct Job {
  std::string id{};
  std::string state{};  ///< "active", "disabled", "completed", …
  std::string pool{};
};

/// Integers [first, last].
struct IdRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const IdRange&) const = default;
};

/// A task that satisfies those who wait for it however it ends.
struct NewTask {
  std::string id{};
  std::string display_name{};
  std::string command_line{};
  std::vector<ResourceFile> files{};
  std::uint32_t slots = 1;
  std::optional<std::chrono::seconds> wall_time_max{};
  std::vector<std::string> waits_for_ids{};
  std::vector<IdRange> waits_for_ranges{};
};

/// Why a task could not run or did not end well, in the service's words.
struct TaskFailure {
  std::string code{};
  std::string message{};
};

struct Task {
  enum class State { active, preparing, running, completed };
  using Time = std::chrono::system_clock::time_point;
  std::string id{};
  std::string display_name{};
  State state = State::active;
  std::optional<int> exit_code{};
  std::optional<TaskFailure> failure{};
  std::optional<Time> started{};
  std::optional<Time> ended{};
  std::uint32_t requeues = 0;  ///< Because its node was lost.
  std::string node{};
};

struct TaskCounts {
  std::uint64_t active = 0, running = 0, completed = 0;
};

}  // namespace aloft::batch
