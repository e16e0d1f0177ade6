// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "executor/azure_batch/bundle.h"
#include "executor/azure_batch/job_record.h"
#include "object/object_store.h"
#include "process/exit_record.h"

namespace aloft::executor {

/// How far the tasks of a job are known to be, by number. A task that is in neither map has not
/// begun; one in `exits` has ended, whatever else is true.
struct TaskRecords {
  std::map<std::uint64_t, AttemptRecord> starts{};
  std::map<std::uint64_t, ExitRecord> exits{};
};

/// Which tasks of a job somebody asked to end.
struct CancelRequests {
  bool all = false;
  std::set<std::uint32_t> elements{};

  bool cover(const workload::TaskName& name) const {
    return all || (name.index && elements.contains(*name.index));
  }
};

/// The job home in a container: what was submitted to Azure Batch and how it ended, readable from
/// every machine that may read the container. Its keys, JOB and NUMBER with 12 digits each:
///
///   .aloft/jobs/next              the number that the next job gets
///   .aloft/jobs/submitting/JOB    there from before job.json until all tasks are with Batch
///   .aloft/jobs/JOB/script        as it was at submission
///   .aloft/jobs/JOB/job.json      JobRecord; from here on the job exists
///   .aloft/jobs/JOB/cancel[-I]    somebody asked for the end of the job [its element I]
///   .aloft/jobs/JOB/start/NUMBER  AttemptRecord of the latest attempt
///   .aloft/jobs/JOB/exit/NUMBER   ExitRecord; the first one stays
///   .aloft/bundles/DIGEST.tar.gz  Aloft for nodes
///
/// A submitter may die at any moment: what has a job.json and is still marked as submitting is
/// completed by whoever uses the home next. Safe from many threads and processes at once. Calls
/// fail as the store does; corrupt and unsupported are for records that make no sense here.
class BatchHome {
 public:
  /// `container` should repeat failed requests (RetryingStore).
  explicit BatchHome(std::shared_ptr<ObjectStore> container) : store_(std::move(container)) {}

  /// "az://ACCOUNT/CONTAINER".
  std::string name() const { return store_->name(); }

  /// Takes `count` consecutive numbers; returns the first. Numbers of a submitter that dies are
  /// lost.
  Result<std::uint64_t> take_numbers(std::uint64_t count, const Limits& limits);

  /// Keeps script and record of a job whose numbers were taken; once it returns the job exists.
  /// Fails with already_exists if there is one of this number.
  Result<void> create_job(const JobRecord& record, std::string_view script, const Limits& limits);
  /// All of the job's tasks are with Batch.
  Result<void> end_submission(workload::JobId id, const Limits& limits);
  /// Jobs whose tasks may not all be with Batch, ascending. One may be without record: its
  /// submitter is at work, or died before the job existed.
  Result<std::vector<workload::JobId>> open_submissions(const Limits& limits);

  /// Removes what is left of a submission that came to no job.json and whose mark is older than
  /// `age`, which must be longer than any submission takes.
  Result<void> drop_submission(workload::JobId id, std::chrono::seconds age, const Limits& limits);

  /// Fails with not_found.
  Result<JobRecord> job(workload::JobId id, const Limits& limits);
  /// Fails with not_found.
  Result<std::string> script(workload::JobId id, const Limits& limits);
  /// All jobs, ascending.
  Result<std::vector<JobRecord>> jobs(const Limits& limits);

  /// Of a job or one element, which may be unknown.
  Result<void> request_cancel(const workload::TaskName& name, const Limits& limits);
  /// All that were asked for of a job.
  Result<CancelRequests> cancel_requests(workload::JobId id, const Limits& limits);
  /// Whether that was asked for this task, or for the whole of its job.
  Result<bool> cancel_requested(const workload::TaskName& name, const Limits& limits);

  /// Replaces the record of an earlier attempt.
  Result<void> write_start(workload::JobId id, std::uint64_t number, const AttemptRecord& record,
                           const Limits& limits);
  /// Fails with already_exists if there is one; then the first stays.
  Result<void> write_exit(workload::JobId id, std::uint64_t number, const ExitRecord& record,
                          const Limits& limits);
  /// None if there is none yet.
  Result<std::optional<AttemptRecord>> start(workload::JobId id, std::uint64_t number,
                                             const Limits& limits);
  Result<std::optional<ExitRecord>> exit(workload::JobId id, std::uint64_t number,
                                         const Limits& limits);

  /// Of all tasks of a job, by listings alone. Messages of ended tasks may be shortened; exit() has
  /// them whole.
  Result<TaskRecords> task_records(workload::JobId id, const Limits& limits);
  Result<std::map<std::uint64_t, ExitRecord>> exits(workload::JobId id, const Limits& limits);
  /// Whether all of its tasks have ended.
  Result<bool> has_ended(const JobRecord& record, const Limits& limits);

  /// Uploads a bundle unless it is there.
  Result<void> keep_bundle(const Bundle& bundle, const Limits& limits);
  static std::string bundle_key(std::string_view digest);

 private:
  Result<void> read_jobs(std::span<const workload::JobId> ids, std::vector<JobRecord>& records,
                         const Limits& limits);

  std::shared_ptr<ObjectStore> store_;
};

}  // namespace aloft::executor
