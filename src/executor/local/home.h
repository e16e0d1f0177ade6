// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "executor/local/job_store.h"
#include "executor/task_directory.h"
#include "process/process.h"

namespace aloft::executor {

/// The job home of this user on this machine, a directory:
///
///   jobs.db         what was submitted (JobStore)
///   scheduler.lock  held by the scheduler as long as it lives
///   scheduler.log   what it and its supervisors had to say
///   wake            a FIFO: a byte wakes the scheduler
///   scripts/ID      the script of a job, as it was at submission
///   tasks/NUMBER.ATTEMPT/   records of each attempt (TaskDirectory)
class JobHome {
 public:
  /// Makes it where it is missing.
  static Result<JobHome> open(const std::string& path);

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string wake_fifo() const { return file("wake"); }
  std::string log_file() const { return file("scheduler.log"); }
  TaskDirectory task_directory(std::uint64_t number, std::uint32_t attempt) const;
  /// "scripts/ID/slurm_script": scripts see the name that Slurm gives them as $0.
  std::string script_file(workload::JobId id) const;

  Result<JobStore> open_store(sqlite::Sync sync) const;

  /// The right to be the scheduler; none if there is one.
  Result<std::optional<UniqueFd>> try_lock_scheduler() const;
  /// Whether the directory is still the one that was opened: a scheduler whose home was removed
  /// must end.
  bool still_there(const UniqueFd& lock) const;

  /// Has a living scheduler look again, or starts `command` as one, detached, and waits until it is
  /// at work.
  Result<void> wake_or_start_scheduler(const std::vector<std::string>& command) const;

 private:
  explicit JobHome(std::string path) : path_(std::move(path)) {}
  bool wake() const;
  std::string path_;
};

}  // namespace aloft::executor
