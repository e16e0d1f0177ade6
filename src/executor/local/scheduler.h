// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "executor/local/capacity.h"
#include "executor/local/home.h"
#include "workload/graph.h"

namespace aloft::executor {

struct SchedulerOptions {
  Capacity capacity = machine_capacity();
  /// Program and arguments of a supervisor; the task directory is added.
  std::vector<std::string> supervisor{};
  ProcessRunner* runner = &system_process_runner();
  /// How long it stays without unfinished tasks.
  std::chrono::milliseconds idle_max{1500};
};

/// Starts a supervisor for each task that may run and fits, and takes down how tasks end. Strictly
/// in order: a task that does not fit yet holds back those behind it, so that large ones are not
/// starved.
///
/// May be killed at any moment. The next one finds tasks that run by their lock, those that have
/// ended by their exit record, and ends those whose supervisor vanished as lost (or repeats them,
/// where the job allows it).
class Scheduler {
 public:
  /// `lock` is the right to schedule this home (JobHome::try_lock_scheduler).
  Scheduler(JobHome home, UniqueFd lock, SchedulerOptions options);

  /// Works until all tasks have ended (and a little longer), or the home was removed. `ready` is
  /// called once it is at work.
  Result<void> run(const std::function<void()>& ready);

 private:
  /// A task that was given to a supervisor and is not known to have ended.
  struct Active {
    StoredTask task;
    Capacity taken;
    bool requeue = false;
    std::chrono::seconds grace{0};
    std::unique_ptr<Process> process;  // Of our own child.
    UniqueFd adopted;                  // pidfd of a supervisor that another scheduler started.
    int starts = 0;                    // Of supervisors, for this attempt.
    bool told_to_end = false;
  };

  Result<void> load_jobs();
  Result<void> adopt(const StoredTask& task, const StoredJob& stored);
  Result<void> act_on_changes();
  Result<void> cancel(const workload::TaskName& name);
  Result<void> settle();
  Result<void> start_runnable();
  Result<void> start_task(const workload::TaskName& name);
  Result<void> start_supervisor(Active& active);
  Result<void> write_script(workload::JobId id);
  /// Looks at an active task whose supervisor is not known to run; true if it has ended.
  Result<bool> examine(Active& active);
  Result<bool> take_end(Active& active, const ExitRecord& record);
  Result<bool> take_loss(Active& active, const StartRecord& start);
  void tell_to_end(Active& active);
  Result<void> wait_for_events();
  Result<bool> may_end();
  TaskDirectory directory_of(const Active& active) const {
    return home_.task_directory(active.task.number, active.task.attempt);
  }

  const JobHome home_;
  UniqueFd lock_;
  const SchedulerOptions options_;
  std::optional<JobStore> store_;
  UniqueFd wake_;
  workload::Graph graph_;
  Slots slots_;
  std::map<workload::JobId, StoredJob> jobs_;
  std::map<workload::TaskName, Active> active_;
  workload::JobId last_loaded_ = 0;
  std::uint64_t seen_version_ = ~0ull;
  std::optional<Clock::time_point> idle_since_;
};

}  // namespace aloft::executor
