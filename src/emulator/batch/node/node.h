// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "emulator/batch/node/attempt.h"
#include "emulator/batch/node/file_view.h"
#include "process/process.h"

namespace aloft::emulator::batch {

/// What a node is and works with.
struct NodeOptions {
  std::string root{};  ///< Its directory, absolute; made where it is missing. No other node's.
  std::string name{};  ///< "tvmps_…"
  std::string pool{};
  std::string account_name{};
  std::string account_url{};
  bool is_dedicated = true;
  /// Set for every task besides the documented variables: where the token endpoint is.
  std::vector<std::pair<std::string, std::string>> environment{};
  /// Gives a bearer token for storage; unset, or failing: what uses the identity fails with
  /// BlobAccessDenied and the like.
  std::function<Result<std::string>()> storage_token{};
  /// "http://127.0.0.1:10000/devstoreaccount1"; reached with storage_token.
  std::string auto_storage_url{};
  std::chrono::milliseconds grace{5'000};  ///< Between SIGTERM and SIGKILL.
  ProcessRunner* runner = &system_process_runner();
  Clock* clock = &system_clock();
};

/// One compute node: a directory in which tasks run, laid out as on Azure,
///
///     ROOT/startup/{wd,stdout.txt,stderr.txt}                   the start task
///     ROOT/shared, ROOT/fsmounts                                for all tasks
///     ROOT/workitems/JOB/job-1/TASK/{wd,stdout.txt,stderr.txt}
///     ROOT/volatile                                             its own notes
///
/// A node knows neither states nor slots nor retries; who calls it does. Tasks run as the user of
/// this process. Safe from any thread, but two attempts of one task must not overlap.
class Node {
 public:
  /// Ends what tasks of this directory left running when an earlier process was killed; so whoever
  /// calls it has made sure that no other process has a node there. Fails with permission_denied,
  /// no_space and the like where the directory cannot be used.
  static Result<std::unique_ptr<Node>> open(NodeOptions options);
  /// The same for the node of this directory, which need not be opened then nor be whole.
  static Result<void> end_leftovers(const std::string& root);
  /// No attempt may run any more.
  virtual ~Node() = default;

  /// Runs an attempt to its end, on the caller's thread, which must not end before: the command
  /// would be killed with it. `stop` terminates it in any phase: the command gets SIGTERM, after
  /// the grace SIGKILL, and nothing is uploaded. When it returns no process of the task is left,
  /// whatever session it made, unless it also emptied its environment.
  virtual AttemptEnd run(const Attempt& attempt, std::stop_token stop) = 0;

  /// As when the machine vanishes: SIGKILL to all tasks, no grace; attempts under way return soon,
  /// later ones at once, with failures that mean nothing. For good; open() makes a new node.
  virtual void lose() = 0;

  /// All files of the node, and those of one task; both empty: the start task.
  virtual FileView files() const = 0;
  virtual FileView task_files(std::string_view job, std::string_view task) const = 0;

  /// Success where nothing is there. No attempt of them may be running.
  virtual Result<void> remove_task(std::string_view job, std::string_view task) = 0;
  virtual Result<void> remove_job(std::string_view job) = 0;
};

}  // namespace aloft::emulator::batch
