// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "executor/azure_batch/bundle.h"
#include "executor/azure_batch/home.h"
#include "executor/azure_batch/observation.h"
#include "executor/executor.h"
#include "object/object_account.h"

namespace aloft::executor {

struct BatchExecutorOptions {
  /// The container that holds the job home, by a store that repeats failed requests.
  std::shared_ptr<ObjectStore> home{};
  /// Where jobs are submitted to; empty where none is to be.
  std::string pool{};
  Bundle bundle{};  ///< For the nodes; needed where a pool is.
  BatchOpener open_batch{};
  AccountOpener open_account{};
  /// Where the Blob service of a storage account answers, for nodes.
  std::function<Result<AccountPlace>(std::string_view account)> place_of{};
  std::stop_token stop{};
  /// The longest time that one call may take.
  std::chrono::minutes call_time_max{30};
  /// When a submission that came to no job is taken for one whose submitter died; more than a call.
  std::chrono::hours submission_age_max{24};
};

/// Jobs on pools of Azure Batch, by a job home in a container: any machine that may use the
/// container sees and changes the same jobs.
///
/// Submission: Batch job → numbers → script and record → tasks → mark of completion. From the
/// record on the job exists, and every call that looks at the home goes on with what a dead
/// submitter left: adding tasks twice is adding them once. Safe from many threads at once.
class BatchExecutor final : public Executor {
 public:
  explicit BatchExecutor(BatchExecutorOptions options)
      : options_(std::move(options)), home_(options_.home) {}

  /// Asks Batch for the pool; fails with not_found if there is none.
  Result<std::vector<workload::Diagnostic>> validate(const workload::Job& job) override;
  /// If the tasks cannot all be given to Batch, the job exists all the same; the error says so with
  /// its id.
  Result<workload::JobId> submit(const Submission& submission) override;
  Result<std::vector<JobSummary>> list() override;
  Result<JobStatus> status(workload::JobId id) override;
  Result<std::vector<TaskStatus>> poll(std::span<const workload::TaskName> tasks) override;
  /// Tasks that have begun end after their grace, the others at once.
  Result<std::size_t> cancel(const workload::TaskName& name) override;
  /// A task's output lies in a container; what the pattern says of node and user is known of the
  /// node only when the task has ended, and of the user never.
  Result<std::size_t> read_log(const workload::TaskName& name, LogStream stream,
                               std::uint64_t offset, std::span<std::byte> buffer) override;

 private:
  Limits limits() const { return Limits::within(options_.call_time_max, options_.stop); }
  Result<JobRecord> make_record(const workload::Job& job, const batch::BatchClient& client) const;
  Result<std::vector<AccountPlace>> places_of(const workload::Job& job) const;
  Result<void> have_job(batch::BatchClient& client, const JobRecord& record,
                        const Limits& limits) const;
  Result<void> add_tasks(const JobRecord& record, const Limits& limits);
  Result<void> complete(const JobRecord& record, const Limits& limits);
  Result<void> complete_submissions(const Limits& limits);
  void drop_submission(workload::JobId id, const Limits& limits);
  Result<std::vector<TaskStatus>> explained(const Observed& observed, Observer& observer,
                                            std::vector<TaskStatus> tasks, const Limits& limits);
  Result<std::size_t> cancel_tasks(const JobRecord& record,
                                   const std::vector<std::uint64_t>& numbers, const Limits& limits);

  const BatchExecutorOptions options_;
  BatchHome home_;
};

}  // namespace aloft::executor
