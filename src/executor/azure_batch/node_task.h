// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/directories.h"
#include "base/result.h"
#include "object/object_account.h"
#include "process/process.h"
#include "workload/task_name.h"

namespace aloft::executor {

/// Which task a node is to run, and what it works with.
struct NodeTaskOptions {
  std::string home{};  ///< "az://ACCOUNT/CONTAINER" that holds the job home.
  /// Where that account answers; accounts are then reached with the node's identity. Empty: as the
  /// node itself is configured.
  std::string home_endpoint{};
  std::string client_id{};  ///< Of that identity; empty: the only one that the node has.
  workload::JobId job = 0;
  std::uint64_t number = 0;  ///< Of the task, in the job home.
  std::string directory{};   ///< Of this task alone; must exist. A requeued task may find its own.
  std::string node{};        ///< As Batch names it.
  EnvironmentLookup environment = process_environment();
  /// The program `aloft`, which shows containers as directories to what it runs.
  std::string launcher{};
  std::function<AccountOpener(const EnvironmentLookup&)> open_accounts{};
  ProcessRunner* runner = &system_process_runner();
  std::chrono::milliseconds commit_interval{3000};  ///< Of output that goes to blobs.
  std::chrono::milliseconds home_pause{5000};       ///< Between attempts to reach storage.
};

/// What Batch runs on a node for a task: decides by the job home whether the task may run, runs it
/// under a supervisor, and keeps its exit record in the home. `aloft node-task` is this function.
///
/// A task that has an exit record is not run again. One whose attempt vanished with its node is
/// repeated unless its job forbids it. A task that is told to end (SIGTERM) without a cancellation
/// in the home loses its node: it leaves no exit record if it may be repeated. A home that cannot
/// be reached for the moment is waited for, many minutes, before a task starts and when it has
/// ended; who is told to end while it waits ends, without a record.
///
/// Takes over the process, as supervise() does; hold_end_signals() comes first. Returns the exit
/// code that shows in Batch: 0 for success and for a task that must not run, else the task's own.
/// Fails where nothing could be recorded: no such job, the home cannot be reached, or (cancelled)
/// the task was told to end while it was waited for.
Result<int> run_node_task(const NodeTaskOptions& options);

}  // namespace aloft::executor
