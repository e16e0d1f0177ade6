// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "process/exit_record.h"
#include "workload/diagnostic.h"
#include "workload/job.h"

namespace aloft::executor {

/// What a user hands in: a complete job and the bytes of its script.
struct Submission {
  workload::Job job{};
  std::string script{};
};

enum class TaskPhase { waiting, running, ended };
std::string_view name_of(TaskPhase phase);

/// One task as it is now.
struct TaskStatus {
  workload::TaskName name{};
  std::uint64_t number = 0;  ///< In the job home; what the dialect calls the task's job id.
  TaskPhase phase = TaskPhase::waiting;
  std::uint32_t attempt = 0;      ///< From 1; 0: none was started.
  bool cancel_requested = false;  ///< And not yet ended.
  std::optional<std::chrono::system_clock::time_point> started{};
  std::optional<ExitRecord> record{};  ///< Of an ended task.
  std::string reason{};                ///< Why a waiting task waits.
};

struct JobStatus {
  workload::JobId id = 0;
  workload::Job job{};
  std::chrono::system_clock::time_point submitted{};
  std::vector<TaskStatus> tasks{};  ///< By index.
};

/// One line of a list of jobs.
struct JobSummary {
  workload::JobId id = 0;
  std::string name{};
  std::chrono::system_clock::time_point submitted{};
  std::size_t waiting = 0, running = 0, succeeded = 0, not_succeeded = 0;
};

enum class LogStream { output, error };

/// A place that runs jobs, with the job home that numbers them. Any process of the user may use it
/// at any time; what it answers is durable. Calls block, but never for the length of a job.
class Executor {
 public:
  virtual ~Executor() = default;

  /// What cannot be honoured here (errors) or has no effect (warnings). Starts nothing.
  virtual Result<std::vector<workload::Diagnostic>> validate(const workload::Job& job) = 0;

  /// All or nothing: the id is returned once the job is safely queued. Fails with not_found for a
  /// dependency on an unknown job, with invalid_argument for one on an element that its job does
  /// not have, with other codes for what is no fault of the job. Does not validate().
  virtual Result<workload::JobId> submit(const Submission& submission) = 0;

  /// Newest first.
  virtual Result<std::vector<JobSummary>> list() = 0;
  /// Fails with not_found.
  virtual Result<JobStatus> status(workload::JobId id) = 0;
  /// One element for each name, which must exist; for those who wait for many tasks.
  virtual Result<std::vector<TaskStatus>> poll(std::span<const workload::TaskName> tasks) = 0;

  /// Asks for the end of a task, or of all tasks of a job; returns how many had not ended yet. They
  /// end as cancelled, those that run after their grace.
  virtual Result<std::size_t> cancel(const workload::TaskName& name) = 0;

  /// Bytes of a task's output from `offset`; fewer than asked at its present end, none if nothing
  /// is there yet. Fails with not_found where the task has no such stream of its own.
  virtual Result<std::size_t> read_log(const workload::TaskName& name, LogStream stream,
                                       std::uint64_t offset, std::span<std::byte> buffer) = 0;
};

}  // namespace aloft::executor
