// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "process/exit_record.h"
#include "workload/job.h"

namespace aloft::workload {

/// The one state machine that decides which task may run: dependencies between jobs, limits of
/// arrays, and what can never run any more.
///
/// It is told what happened (start, end, retry) and asked what follows (runnable, settle). A task
/// is waiting, running or ended; ended is final. A task whose dependencies can no longer hold ends
/// as dependency_not_satisfied, which counts as "not succeeded" for those that wait for it, so
/// nothing waits for ever (Slurm keeps such jobs pending as DependencyNeverSatisfied).
///
/// Pure: knows no clock, no resources, no storage. One thread at a time. Jobs depend on jobs with
/// smaller ids only, which are added first, so there are no cycles.
class Graph {
 public:
  using Time = std::chrono::system_clock::time_point;

  struct Unsatisfied {
    TaskName task;
    std::string reason;
  };

  /// Adds a job, all tasks waiting. Fails with not_found if it depends on a job that was not added,
  /// with invalid_argument if on an element that an array does not have; adds nothing then.
  Result<void> add(JobId id, const Job& job);
  bool contains(JobId id) const { return nodes_.contains(id); }

  /// A waiting task runs since `time`.
  void start(const TaskName& task, Time time);
  /// A waiting or running task has ended.
  void end(const TaskName& task, ExitClass exit_class);
  /// A running task waits again: its attempt was lost.
  void retry(const TaskName& task);

  /// Tasks that may run now if all were started, in order of job and index; at most `count_max`.
  std::vector<TaskName> runnable(Time now, std::size_t count_max) const;
  /// Ends all waiting tasks whose dependencies can never hold, and says which and why.
  std::vector<Unsatisfied> settle(Time now);
  /// The first moment behind `now` at which a delay runs out; nothing else changes by time alone.
  std::optional<Time> next_change(Time now) const;

  bool is_waiting(const TaskName& task) const;
  bool all_ended(JobId id) const;
  /// Number of tasks that are waiting or running, in all jobs.
  std::size_t unfinished_count() const { return unfinished_; }
  /// What a waiting task waits for, in words; empty if it may run.
  std::string why(const TaskName& task, Time now) const;

 private:
  enum class Phase { waiting, running, ended };
  enum class Verdict { holds, open, never };

  struct Node {
    std::string name{};
    std::optional<ArraySpec> array{};
    Dependencies dependencies{};
    std::vector<Phase> phases{};               // By position in the array.
    std::vector<bool> succeeded{};             // Of those ended.
    std::vector<std::optional<Time>> began{};  // Start, or end without start, of an attempt.
    std::set<std::size_t> waiting{};
    std::size_t running = 0, ended = 0, ended_well = 0;
    std::optional<Time> last_began{};
  };
  /// What one term looks at: one element, or the whole job.
  struct Scope {
    const Node* node;
    std::optional<std::size_t> position;
  };

  Node& node_of(const TaskName& task, std::size_t& position);
  const Node& node_of(const TaskName& task, std::size_t& position) const;
  static std::optional<std::size_t> position_of(const Node& node,
                                                std::optional<std::uint32_t> index);
  static std::optional<std::uint32_t> index_of(const Node& node, std::size_t position);
  Result<void> check_term(const Dependency& term, JobId id, const Job& job) const;
  Scope scope_of(const Dependency& term, const Node& dependent, std::size_t position) const;
  Verdict judge(const Dependency& term, JobId id, const Node& dependent, std::size_t position,
                Time now) const;
  Verdict judge_all(JobId id, const Node& node, std::size_t position, Time now) const;
  std::optional<Time> release_time(const Dependency& term, const Scope& scope) const;
  void close_if_finished(JobId id, const Node& node);
  std::string describe_failure(JobId id, const Node& node, std::size_t position, Time now) const;
  static bool depends_on_element(const Node& node);

  std::map<JobId, Node> nodes_;
  std::set<JobId> with_waiting_;  // Jobs that have a waiting task.
  std::map<std::string, std::set<JobId>> unfinished_by_name_;
  std::size_t unfinished_ = 0;
};

/// "afterok:12", for people.
std::string describe(const Dependency& dependency);

}  // namespace aloft::workload
