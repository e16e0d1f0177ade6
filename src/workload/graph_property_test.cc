// SPDX-License-Identifier: Apache-2.0
// Random graphs and random events, compared after each step with a model that is computed anew from
// the plain facts. The seed is printed with every failure.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "workload/graph.h"

namespace aloft::workload {
namespace {

using namespace std::chrono_literals;
using Kind = Dependency::Kind;
using Need = Dependencies::Need;

enum class Phase { waiting, running, ended };

struct Fact {
  Phase phase = Phase::waiting;
  bool good = false;
};

class Model {
 public:
  std::map<JobId, Job> jobs;
  std::map<TaskName, Fact> facts;

  /// 1 holds, 0 open, -1 never: the definition, by looking at every task.
  int judge(const Dependency& term, const TaskName& task) const {
    const Job& mine = jobs.at(task.job);
    if (term.kind == Kind::singleton) {
      for (const auto& [name, fact] : facts) {
        if (name.job < task.job && jobs.at(name.job).name == mine.name &&
            fact.phase != Phase::ended) {
          return 0;
        }
      }
      return 1;
    }
    int count = 0, begun = 0, ended = 0, good = 0;
    const bool paired = term.kind == Kind::after_corresponding && mine.array &&
                        jobs.at(term.on.job).array && !term.on.index;
    for (const auto& [name, fact] : facts) {
      if (name.job != term.on.job || (term.on.index && name.index != term.on.index) ||
          (paired && name.index != task.index)) {
        continue;
      }
      ++count;
      begun += fact.phase != Phase::waiting;
      ended += fact.phase == Phase::ended;
      good += fact.phase == Phase::ended && fact.good;
    }
    if (term.kind == Kind::after) return begun == count ? 1 : 0;
    if (term.kind == Kind::after_any) return ended == count ? 1 : 0;
    if (term.kind == Kind::after_not_ok) return ended < count ? 0 : good < count ? 1 : -1;
    return good < ended ? -1 : ended == count ? 1 : 0;
  }

  int judge(const TaskName& task) const {
    const Dependencies& dependencies = jobs.at(task.job).dependencies;
    if (dependencies.terms.empty()) return 1;
    int least = 1, most = -1;
    for (const Dependency& term : dependencies.terms) {
      const int verdict = judge(term, task);
      least = std::min(least, verdict);
      most = std::max(most, verdict);
    }
    return dependencies.need == Need::all ? least : most;
  }

  std::vector<TaskName> runnable() const {
    std::vector<TaskName> found;
    std::map<JobId, std::uint32_t> used;
    for (const auto& [name, fact] : facts) used[name.job] += fact.phase == Phase::running;
    for (const auto& [name, fact] : facts) {
      const Job& job = jobs.at(name.job);
      const std::uint32_t limit = job.array ? job.array->running_max : 0;
      if (fact.phase != Phase::waiting || judge(name) != 1) continue;
      if (limit > 0 && used[name.job] >= limit) continue;
      ++used[name.job];
      found.push_back(name);
    }
    return found;
  }
};

class Play {
 public:
  explicit Play(std::uint32_t seed) : random_(seed) {}

  void run() {
    const int job_count = 3 + below(12);
    int added = 0;
    for (int step = 0; added < job_count || graph_.unfinished_count() > 0; ++step) {
      ASSERT_LT(step, 5000) << "the play does not come to an end";
      if (added < job_count && below(3) == 0) {
        add();
        ++added;
      }
      settle();
      ASSERT_EQ(graph_.runnable(now_, 1000), model_.runnable());
      act();
    }
    for (const auto& [name, fact] : model_.facts) ASSERT_EQ(fact.phase, Phase::ended);
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }

  void add() {
    Job job;
    job.name = below(2) == 0 ? "a" : "b";
    if (below(2) == 0) {
      const char* shapes[] = {"1-4", "0-6:2%2", "1-3%1", "2", "1-5%9"};
      job.array = parse_array_spec(shapes[below(5)]).value();
    }
    job.dependencies.need = below(3) == 0 ? Need::any : Need::all;
    for (int count = below(4); count > 0 && !model_.jobs.empty(); --count) {
      auto on = model_.jobs.begin();
      std::advance(on, below(static_cast<int>(model_.jobs.size())));
      Dependency term{.kind = static_cast<Kind>(below(6)), .on = {.job = on->first}};
      if (on->second.array && below(4) == 0) term.on.index = on->second.array->indices.front();
      job.dependencies.terms.push_back(term);
    }
    // Pairs without a partner are refused; such a job is simply not part of the play.
    if (!graph_.add(next_id_, job)) return;
    model_.jobs[next_id_] = job;
    if (job.array) {
      for (const auto index : job.array->indices) model_.facts[{next_id_, index}] = {};
    } else {
      model_.facts[{next_id_, std::nullopt}] = {};
    }
    next_id_ += job.task_count();
  }

  void settle() {
    std::vector<TaskName> expected;
    for (auto& [name, fact] : model_.facts) {  // Ascending: parents before children.
      if (fact.phase == Phase::waiting && model_.judge(name) == -1) {
        fact = {.phase = Phase::ended, .good = false};
        expected.push_back(name);
      }
    }
    std::vector<TaskName> got;
    for (const auto& entry : graph_.settle(now_)) got.push_back(entry.task);
    ASSERT_EQ(got, expected);
  }

  void act() {
    const auto may_run = model_.runnable();
    std::vector<TaskName> running;
    for (const auto& [name, fact] : model_.facts) {
      if (fact.phase == Phase::running) running.push_back(name);
    }
    const int choice = below(10);
    if (choice == 0) return cancel_any();
    if (!may_run.empty() && (choice < 5 || running.empty())) {
      const TaskName name =
          may_run[static_cast<std::size_t>(below(static_cast<int>(may_run.size())))];
      graph_.start(name, now_);
      model_.facts[name].phase = Phase::running;
    } else if (!running.empty()) {
      const TaskName name =
          running[static_cast<std::size_t>(below(static_cast<int>(running.size())))];
      if (choice == 9) {
        graph_.retry(name);
        model_.facts[name].phase = Phase::waiting;
        return;
      }
      const bool good = below(4) != 0;
      graph_.end(name, good ? ExitClass::succeeded : ExitClass::failed);
      model_.facts[name] = {.phase = Phase::ended, .good = good};
    }
  }

  void cancel_any() {
    for (auto& [name, fact] : model_.facts) {
      if (fact.phase == Phase::ended || below(8) != 0) continue;
      graph_.end(name, ExitClass::cancelled);
      fact = {.phase = Phase::ended, .good = false};
      return;
    }
  }

  std::mt19937 random_;
  Graph graph_;
  Model model_;
  JobId next_id_ = 1;
  Graph::Time now_{1000h};
};

TEST(GraphProperty, AgreesWithTheDefinitionAndNeverStalls) {
  const std::uint32_t first = 20261121;
  for (std::uint32_t seed = first; seed < first + 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Play(seed).run();
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace aloft::workload
