// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "executor/executor.h"
#include "executor/local/capacity.h"
#include "executor/local/home.h"

namespace aloft::executor {

struct LocalOptions {
  /// The directory of the job home.
  std::string home{};
  /// Program and arguments of a scheduler for this home.
  std::vector<std::string> scheduler{};
  Capacity capacity = machine_capacity();
};

/// Jobs on this machine. Every call that changes something, and every look at unfinished jobs, has
/// a scheduler at work afterwards, so that jobs whose scheduler was killed go on.
class LocalExecutor final : public Executor {
 public:
  static Result<LocalExecutor> open(LocalOptions options);

  Result<std::vector<workload::Diagnostic>> validate(const workload::Job& job) override;
  /// If the scheduler does not start, the job is queued all the same; the error says so with its
  /// id.
  Result<workload::JobId> submit(const Submission& submission) override;
  Result<std::vector<JobSummary>> list() override;
  Result<JobStatus> status(workload::JobId id) override;
  Result<std::vector<TaskStatus>> poll(std::span<const workload::TaskName> tasks) override;
  Result<std::size_t> cancel(const workload::TaskName& name) override;
  Result<std::size_t> read_log(const workload::TaskName& name, LogStream stream,
                               std::uint64_t offset, std::span<std::byte> buffer) override;

 private:
  LocalExecutor(LocalOptions options, JobHome home, JobStore store)
      : options_(std::move(options)), home_(std::move(home)), store_(std::move(store)) {}
  Result<void> have_scheduler();
  Result<void> explain_waiting(std::vector<TaskStatus>& tasks);

  const LocalOptions options_;
  const JobHome home_;
  JobStore store_;
};

}  // namespace aloft::executor
