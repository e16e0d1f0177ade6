// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "workload/job.h"

namespace aloft::executor {

/// Where a storage account answers, for nodes, which have no configuration of their own.
struct AccountPlace {
  std::string name{};
  std::string endpoint{};  ///< URL of its Blob service.
  bool operator==(const AccountPlace&) const = default;
};

/// One job as it was submitted to Azure Batch; never changed. It holds no secrets.
struct JobRecord {
  using Time = std::chrono::system_clock::time_point;
  workload::JobId id = 0;  ///< Number of its first task; the others follow by position.
  workload::Job job{};
  Time submitted{};
  std::string pool{};
  std::string batch_account{};
  std::string batch_endpoint{};
  std::string batch_job{};  ///< Id of the job of Batch that holds the tasks.
  std::string bundle{};     ///< Digest of the Aloft that the nodes run.
  /// Accounts that the tasks may use, reached with the identity of the pool. Empty: the nodes find
  /// accounts as every command does.
  std::vector<AccountPlace> accounts{};

  /// Fails with not_found if the job has no such task.
  Result<std::uint64_t> number_of(const workload::TaskName& task) const;
  Result<workload::TaskName> task_of(std::uint64_t number) const;
};

/// One JSON object, versioned; the inverse fails with corrupt, or unsupported for another version.
std::string to_json(const JobRecord& record);
Result<JobRecord> job_record_from_json(std::string_view text);

/// A node began an attempt of a task. Written before the task's command starts.
struct AttemptRecord {
  std::uint32_t attempt = 1;
  JobRecord::Time started{};
  std::string node{};  ///< As Batch names it.
};

/// One JSON object, versioned; the inverse fails with corrupt, or unsupported for another version.
std::string to_json(const AttemptRecord& record);
Result<AttemptRecord> attempt_record_from_json(std::string_view text);

}  // namespace aloft::executor
