// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/directories.h"
#include "executor/task_directory.h"
#include "object/object_account.h"
#include "process/process.h"

namespace aloft::executor {

/// How the daemon that serves files names itself: it is the user's, so no supervisor ends it.
inline constexpr const char* kFileDaemonName = "aloft-daemon";

/// What a supervisor works with.
struct SupervisorOptions {
  std::string task_directory{};
  /// The program `aloft`, which shows containers as directories to what it runs.
  std::string launcher{};
  /// Accounts as the submitter has them: given that user's HOME, XDG_… variables.
  std::function<AccountOpener(const EnvironmentLookup&)> open_accounts{};
  ProcessRunner* runner = &system_process_runner();
  std::chrono::milliseconds commit_interval{3000};  ///< Of output that goes to blobs.
  std::chrono::milliseconds storage_pause{5000};    ///< Between attempts to open such output.
  std::chrono::milliseconds final_commit_max{60'000};
};

/// Runs the attempt in a task directory to its end and leaves its exit record; the program
/// `aloft-main supervise` is this function and nothing else.
///
/// Takes over the process: blocks signals (hold_end_signals() does that before, for a process that
/// does other things first), becomes subreaper; on SIGTERM or SIGINT it ends the task with grace.
/// Returns success also when there is nothing to do because the attempt has ended, was begun
/// before, or has a living supervisor: an attempt is never begun twice.
Result<void> supervise(const SupervisorOptions& options);

}  // namespace aloft::executor
