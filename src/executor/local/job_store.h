// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "executor/executor.h"
#include "sqlite/transaction.h"
#include "workload/graph.h"

namespace aloft::executor {

/// A job with the state of its tasks, as it is kept.
struct StoredTask {
  workload::TaskName name{};
  std::uint64_t number = 0;
  TaskPhase phase = TaskPhase::waiting;
  std::uint32_t attempt = 0;
  bool cancel_requested = false;
  std::optional<std::chrono::system_clock::time_point> started{};
  std::optional<ExitRecord> record{};
};
struct StoredJob {
  workload::JobId id = 0;
  workload::Job job{};
  std::chrono::system_clock::time_point submitted{};
  std::vector<StoredTask> tasks{};  ///< By number.
};

/// The database of a job home: what was submitted and how far it is. Every function is one
/// transaction. Any number of processes may have it open; each object serves one thread.
class JobStore {
 public:
  /// Makes or migrates the database. Fails with unsupported if a later Aloft wrote it.
  static Result<JobStore> open(const std::string& path, sqlite::Sync sync);

  /// Takes consecutive numbers for all tasks. Fails as Graph::add does about dependencies.
  Result<workload::JobId> submit(const Submission& submission);
  Result<std::string> script(workload::JobId id);

  /// Newest first.
  Result<std::vector<JobSummary>> list();
  /// Fails with not_found.
  Result<StoredJob> job(workload::JobId id);
  /// Fails with not_found.
  Result<StoredTask> task(const workload::TaskName& name);
  /// Those above `after` with an unfinished task, ascending.
  Result<std::vector<workload::JobId>> unfinished_jobs(workload::JobId after = 0);
  Result<workload::JobId> last_job();
  Result<std::uint64_t> unfinished_task_count();

  Result<void> mark_running(std::uint64_t number, std::uint32_t attempt,
                            std::chrono::system_clock::time_point time);
  Result<void> mark_waiting(std::uint64_t number);
  Result<void> mark_ended(std::uint64_t number, const ExitRecord& record);

  /// Marks the unfinished tasks that `name` selects; how many. Fails with not_found.
  Result<std::size_t> request_cancel(const workload::TaskName& name);
  /// Unfinished tasks for which that was asked.
  Result<std::vector<workload::TaskName>> cancel_requests();

  /// Changes whenever another connection has committed something.
  Result<std::uint64_t> data_version();
  /// For several marks as one transaction, and for the scheduler's end.
  Result<sqlite::Transaction> begin() { return sqlite::Transaction::begin(database_); }

 private:
  explicit JobStore(sqlite::Database database) : database_(std::move(database)) {}
  Result<void> check_dependencies(workload::JobId id, const workload::Job& job);
  Result<std::vector<StoredTask>> tasks_of(workload::JobId id, bool array);

  sqlite::Database database_;
};

/// Puts a job and the state of its tasks into a graph, with those that it depends on.
Result<void> add_to_graph(JobStore& store, const StoredJob& stored, workload::Graph& graph);

}  // namespace aloft::executor
