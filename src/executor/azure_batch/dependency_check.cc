// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/dependency_check.h"

#include <map>

#include "workload/graph.h"

namespace aloft::executor {
namespace {

using workload::Dependency;
using workload::JobId;
using workload::TaskName;

/// A job that the task waits for, with the ends of those of its tasks that matter.
struct Awaited {
  JobRecord record;
  std::map<std::uint64_t, ExitClass> ends{};  // By number.
};

class DependencyCheck {
 public:
  DependencyCheck(BatchHome& home, const JobRecord& record, const TaskName& task,
                  const Limits& limits)
      : home_(home), task_(task), limits_(limits), job_(record.job) {
    // Only this element's conditions are asked for.
    if (task.index) job_.array = workload::ArraySpec{.indices = {*task.index}};
  }

  Result<std::optional<std::string>> run() {
    auto& [need, terms] = job_.dependencies;
    const auto left_to_batch = std::erase_if(terms, [](const Dependency& term) {
      return term.kind == Dependency::Kind::singleton || term.kind == Dependency::Kind::after;
    });
    if (left_to_batch > 0 && need == workload::Dependencies::Need::any) return std::nullopt;
    for (const Dependency& term : terms) TRY(learn(term));
    workload::Graph graph;
    for (const auto& [id, awaited] : awaited_) TRY(add(awaited, graph));
    TRY(graph.add(task_.job, job_));
    const auto now = std::chrono::system_clock::now();
    const auto unsatisfied = graph.settle(now);
    if (!unsatisfied.empty()) return unsatisfied.back().reason;
    // All ends are known, so nothing is open.
    CHECK(graph.why(task_, now).empty());
    return std::nullopt;
  }

 private:
  /// Reads how that ended which a term looks at: one element, or all of a job.
  Result<void> learn(const Dependency& term) {
    if (!awaited_.contains(term.on.job)) {
      JobRecord record = TRY(home_.job(term.on.job, limits_));
      awaited_.emplace(term.on.job, Awaited{.record = std::move(record)});
    }
    Awaited& awaited = awaited_.at(term.on.job);
    TaskName on = term.on;
    const bool corresponding = term.kind == Dependency::Kind::after_corresponding;
    if (corresponding && task_.index && awaited.record.job.array) on.index = task_.index;
    return on.index ? learn_element(on, awaited) : learn_all(awaited);
  }

  Result<void> learn_element(const TaskName& element, Awaited& awaited) {
    const std::uint64_t number = TRY(awaited.record.number_of(element));
    const auto exit = TRY(home_.exit(element.job, number, limits_));
    awaited.ends[number] = exit ? exit->exit_class : ExitClass::lost;
    return {};
  }

  Result<void> learn_all(Awaited& awaited) {
    const auto exits = TRY(home_.exits(awaited.record.id, limits_));
    for (std::size_t i = 0; i < awaited.record.job.task_count(); ++i) {
      const std::uint64_t number = awaited.record.id + i;
      const auto found = exits.find(number);
      awaited.ends[number] = found == exits.end() ? ExitClass::lost : found->second.exit_class;
    }
    return {};
  }

  static Result<void> add(const Awaited& awaited, workload::Graph& graph) {
    workload::Job job = awaited.record.job;
    job.dependencies = {};  // What it once waited for does not matter any more.
    TRY(graph.add(awaited.record.id, job));
    for (const auto& [number, exit_class] : awaited.ends) {
      graph.end(TRY(awaited.record.task_of(number)), exit_class);
    }
    return {};
  }

  BatchHome& home_;
  const TaskName task_;
  const Limits& limits_;
  workload::Job job_;
  std::map<JobId, Awaited> awaited_;
};

}  // namespace

Result<std::optional<std::string>> unmet_dependency(BatchHome& home, const JobRecord& record,
                                                    const TaskName& task, const Limits& limits) {
  return DependencyCheck(home, record, task, limits).run();
}

}  // namespace aloft::executor
