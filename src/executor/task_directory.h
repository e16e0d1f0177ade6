// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "process/exit_record.h"
#include "process/process_table.h"
#include "workload/job.h"

namespace aloft::executor {

/// All that a supervisor must know to run one attempt of one task.
struct TaskSpec {
  workload::JobId job_id = 0;
  workload::TaskName name{};
  std::uint64_t number = 0;
  std::uint32_t attempt = 1;
  std::string script{};  ///< Path of the copy of the script that is executed.
  std::string wake{};    ///< A FIFO that gets a byte when the task has ended; may be empty.
  workload::Job job{};
};

/// Who runs an attempt, written before its command starts.
struct StartRecord {
  ProcessIdentity supervisor{};
  ExitRecord::Time time{};
};

/// The records of one attempt of a task, in a directory of its own:
///
///   task.json   what to run                       written by the scheduler before the supervisor
///   lock        held by the supervisor as long as it lives
///   start.json  who runs it                       once, before the command starts
///   exit.json   how it ended                      once, synced, before the supervisor ends
///   stdout, stderr  what it wrote, where its output goes to a container
///
/// An attempt with start.json is never started again; one with exit.json has ended, whatever else
/// is true. One with start.json, without exit.json and with a free lock is lost.
class TaskDirectory {
 public:
  explicit TaskDirectory(std::string path) : path_(std::move(path)) {}
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

  /// Makes the directory, synced with its parent, and task.json.
  Result<void> create(const TaskSpec& spec) const;
  Result<TaskSpec> spec() const;

  /// Takes the lock for as long as the descriptor lives; none if another process holds it.
  Result<std::optional<UniqueFd>> try_lock() const;

  /// Fail with already_exists if there is one; then the first stays.
  Result<void> write_start(const StartRecord& record) const;
  Result<void> write_exit(const ExitRecord& record) const;
  /// None if there is none yet.
  Result<std::optional<StartRecord>> start() const;
  Result<std::optional<ExitRecord>> exit() const;

 private:
  std::string path_;
};

/// A file that appears whole or not at all, and only if the name was free; file and directory are
/// synced. Fails with already_exists.
Result<void> create_record(const std::string& path, std::string_view content);

}  // namespace aloft::executor
