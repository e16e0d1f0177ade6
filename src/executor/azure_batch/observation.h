// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "executor/azure_batch/home.h"
#include "executor/azure_batch/service/batch_client.h"
#include "executor/executor.h"

namespace aloft::executor {

/// Opens a Batch account by name; an empty name means the one that is configured.
using BatchOpener =
    std::function<Result<std::shared_ptr<batch::BatchClient>>(std::string_view account)>;

/// The Batch account that a job was given to. Fails with invalid_argument if another one is
/// configured under its name now, which knows nothing of the job's tasks.
Result<std::shared_ptr<batch::BatchClient>> open_batch_of(const JobRecord& record,
                                                          const BatchOpener& open_batch);

/// What is known of the tasks of a job.
struct Observed {
  JobRecord record{};
  TaskRecords records{};
  /// As Batch has them; of tasks without an exit record.
  std::map<std::uint64_t, batch::Task> in_batch{};
  CancelRequests cancel_requests{};
  bool submitting = false;  ///< Some tasks may not be with Batch yet.
};

/// Looks at jobs: the records in the home are the truth; about tasks without an exit record Batch
/// is asked. A task that has ended in Batch without such a record gets one: it is lost, could not
/// be started, or was cancelled. One object serves one thread and one moment: what Batch lists is
/// asked for once.
class Observer {
 public:
  /// All outlive it.
  Observer(BatchHome& home, const BatchOpener& open_batch, const Limits& limits)
      : home_(home), open_batch_(open_batch), limits_(limits) {}

  Result<Observed> look(JobRecord record);
  /// Asks Batch for lists even where few tasks are looked at: for those who look at many jobs.
  void expect_many() { few_ = 0; }

 private:
  using TasksByNumber = std::map<std::uint64_t, batch::Task>;
  using Numbers = std::vector<std::uint64_t>;

  Result<bool> is_submitting(workload::JobId id);
  Result<void> ask_batch(Observed& observed, const Numbers& unfinished);
  Result<const TasksByNumber*> list_unfinished(const JobRecord& record);
  Result<void> settle(Observed& observed, const Numbers& numbers);
  Result<void> settle(Observed& observed, std::uint64_t number,
                      const std::optional<batch::Task>& task);
  Result<std::vector<std::optional<batch::Task>>> tasks_in_batch(const JobRecord& record,
                                                                 const Numbers& numbers);
  Result<batch::BatchClient*> client_of(const JobRecord& record);

  BatchHome& home_;
  const BatchOpener& open_batch_;
  const Limits& limits_;
  /// Beyond so many more tasks, of whatever jobs, one list of all that the home has unfinished on
  /// the pool is less.
  std::size_t few_ = 200;
  /// By name and endpoint of the account.
  std::map<std::pair<std::string, std::string>, std::shared_ptr<batch::BatchClient>> clients_{};
  std::map<std::pair<std::string, std::string>, TasksByNumber> unfinished_{};
};

/// A task as the rest of Aloft sees it.
TaskStatus status_of(const Observed& observed, std::uint64_t number);

}  // namespace aloft::executor
