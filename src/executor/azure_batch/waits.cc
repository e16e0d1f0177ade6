// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/waits.h"

#include <fmt/format.h>

#include "workload/graph.h"

namespace aloft::executor {
namespace {

using workload::Dependency;
using workload::JobId;

batch::IdRange numbers_of(const JobRecord& record) {
  return {record.id, record.id + record.job.task_count() - 1};
}

class Planner {
 public:
  Planner(BatchHome& home, JobId id, const workload::Job& job, std::string_view batch_job,
          const Limits& limits)
      : home_(home), id_(id), job_(job), batch_job_(batch_job), limits_(limits) {}

  Result<Waits> run() {
    for (const Dependency& term : job_.dependencies.terms) {
      if (term.kind != Dependency::Kind::singleton) TRY(learn(term.on.job));
    }
    TRY(graph_.add(id_, job_));  // Refuses elements and jobs that do not exist.
    for (const Dependency& term : job_.dependencies.terms) {
      if (term.kind == Dependency::Kind::singleton) {
        TRY(wait_for_namesakes());
      } else {
        TRY(wait_for(term));
      }
    }
    waits_.all = merged(std::move(waits_.all));
    return std::move(waits_);
  }

 private:
  Result<void> learn(JobId on) {
    if (on >= id_ || records_.contains(on)) return {};
    auto record = home_.job(on, limits_);
    if (!record && record.error().code == ErrorCode::not_found) return {};  // add() says so.
    if (!record) return fail(record.error());
    workload::Job without = record->job;
    without.dependencies = {};
    TRY(graph_.add(on, without));
    records_.emplace(on, std::move(*record));
    return {};
  }

  Result<void> check_pool(const JobRecord& on) const {
    if (on.batch_job == batch_job_) return {};
    return fail(ErrorCode::unsupported,
                fmt::format("it waits for job {}, which runs on pool {}: on Azure Batch only jobs "
                            "of one pool can wait for each other; submit it when that one has "
                            "ended, or to that pool",
                            on.id, on.pool));
  }

  Result<void> wait_for(const Dependency& term) {
    const JobRecord& on = records_.at(term.on.job);
    if (TRY(home_.has_ended(on, limits_))) return {};
    TRY(check_pool(on));
    if (term.on.index) {
      const std::uint64_t number = TRY(on.number_of(term.on));
      waits_.all.push_back({number, number});
    } else if (term.kind == Dependency::Kind::after_corresponding && on.job.array && job_.array) {
      waits_.corresponding.push_back({.first = on.id, .indices = on.job.array->indices});
    } else {
      waits_.all.push_back(numbers_of(on));
    }
    return {};
  }

  Result<void> wait_for_namesakes() {
    for (const JobRecord& other : TRY(home_.jobs(limits_))) {
      if (other.id >= id_ || other.job.name != job_.name || TRY(home_.has_ended(other, limits_)))
        continue;
      TRY(check_pool(other));
      waits_.all.push_back(numbers_of(other));
    }
    return {};
  }

  BatchHome& home_;
  const JobId id_;
  const workload::Job& job_;
  const std::string_view batch_job_;
  const Limits& limits_;
  std::map<JobId, JobRecord> records_;
  workload::Graph graph_;
  Waits waits_;
};

}  // namespace

Result<Waits> plan_waits(BatchHome& home, JobId id, const workload::Job& job,
                         std::string_view batch_job, const Limits& limits) {
  return Planner(home, id, job, batch_job, limits).run();
}

}  // namespace aloft::executor
