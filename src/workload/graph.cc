// SPDX-License-Identifier: Apache-2.0
#include "workload/graph.h"

#include <fmt/format.h>

#include <algorithm>

namespace aloft::workload {

using Kind = Dependency::Kind;
using Need = Dependencies::Need;

std::string describe(const Dependency& dependency) {
  const std::string on = to_text(dependency.on);
  switch (dependency.kind) {
    case Kind::after_ok:
      return "success of " + on;
    case Kind::after_any:
      return "the end of " + on;
    case Kind::after_not_ok:
      return "failure of " + on;
    case Kind::after:
      return dependency.delay.count() == 0
                 ? "the start of " + on
                 : fmt::format("{} minutes since the start of {}", dependency.delay.count(), on);
    case Kind::after_corresponding:
      return "success of the same element of " + on;
    case Kind::singleton:
      return "the end of earlier jobs of the same name";
  }
  return {};
}

Result<void> Graph::add(JobId id, const Job& job) {
  CHECK(!nodes_.contains(id));
  for (const Dependency& term : job.dependencies.terms) TRY(check_term(term, id, job));
  Node node{.name = job.name, .array = job.array, .dependencies = job.dependencies};
  const std::size_t count = job.task_count();
  node.phases.assign(count, Phase::waiting);
  node.succeeded.assign(count, false);
  node.began.assign(count, std::nullopt);
  for (std::size_t position = 0; position < count; ++position) {
    node.waiting.insert(node.waiting.end(), position);
  }
  unfinished_ += count;
  with_waiting_.insert(id);
  unfinished_by_name_[job.name].insert(id);
  nodes_.emplace(id, std::move(node));
  return {};
}

Result<void> Graph::check_term(const Dependency& term, JobId id, const Job& job) const {
  if (term.kind == Kind::singleton) return {};
  const auto found = nodes_.find(term.on.job);
  if (found == nodes_.end() || term.on.job >= id) {
    return fail(
        ErrorCode::not_found,
        fmt::format("it depends on job {}, which does not exist; `aloft jobs` lists those that do",
                    term.on.job));
  }
  const Node& on = found->second;
  if (term.on.index && (!on.array || !position_of(on, term.on.index))) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("it depends on {}, but job {} has no such element", to_text(term.on),
                            term.on.job));
  }
  if (term.kind == Kind::after_corresponding && on.array && job.array) {
    for (const std::uint32_t index : job.array->indices) {
      if (!position_of(on, index)) {
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("its element {} depends on the same element of job {}, which has none",
                        index, term.on.job));
      }
    }
  }
  return {};
}

void Graph::start(const TaskName& task, Time time) {
  std::size_t position = 0;
  Node& node = node_of(task, position);
  CHECK(node.phases[position] == Phase::waiting);
  node.phases[position] = Phase::running;
  node.began[position] = time;
  node.last_began = std::max(node.last_began.value_or(time), time);
  node.waiting.erase(position);
  ++node.running;
  if (node.waiting.empty()) with_waiting_.erase(task.job);
}

void Graph::end(const TaskName& task, ExitClass exit_class) {
  std::size_t position = 0;
  Node& node = node_of(task, position);
  CHECK(node.phases[position] != Phase::ended);
  if (node.phases[position] == Phase::running) {
    --node.running;
  } else {
    node.waiting.erase(position);
    if (node.waiting.empty()) with_waiting_.erase(task.job);
  }
  node.phases[position] = Phase::ended;
  node.succeeded[position] = exit_class == ExitClass::succeeded;
  ++node.ended;
  if (node.succeeded[position]) ++node.ended_well;
  --unfinished_;
  close_if_finished(task.job, node);
}

void Graph::retry(const TaskName& task) {
  std::size_t position = 0;
  Node& node = node_of(task, position);
  CHECK(node.phases[position] == Phase::running);
  node.phases[position] = Phase::waiting;
  node.waiting.insert(position);
  --node.running;
  with_waiting_.insert(task.job);
}

void Graph::close_if_finished(JobId id, const Node& node) {
  if (node.ended < node.phases.size()) return;
  const auto same_name = unfinished_by_name_.find(node.name);
  same_name->second.erase(id);
  if (same_name->second.empty()) unfinished_by_name_.erase(same_name);
}

std::vector<TaskName> Graph::runnable(Time now, std::size_t count_max) const {
  std::vector<TaskName> found;
  for (const JobId id : with_waiting_) {
    const Node& node = nodes_.at(id);
    std::size_t places = count_max - found.size();
    if (places == 0) break;
    if (node.array && node.array->running_max > 0) {
      const std::size_t limit = node.array->running_max;
      places = std::min(places, limit > node.running ? limit - node.running : 0);
    }
    const bool each = depends_on_element(node);
    if (!each && judge_all(id, node, *node.waiting.begin(), now) != Verdict::holds) continue;
    for (const std::size_t position : node.waiting) {
      if (places == 0) break;
      if (each && judge_all(id, node, position, now) != Verdict::holds) continue;
      found.push_back({.job = id, .index = index_of(node, position)});
      --places;
    }
  }
  return found;
}

std::vector<Graph::Unsatisfied> Graph::settle(Time now) {
  std::vector<Unsatisfied> ended;
  // Jobs depend on smaller ids only, so one pass upwards sees all consequences.
  const std::vector<JobId> ids(with_waiting_.begin(), with_waiting_.end());
  for (const JobId id : ids) {
    const Node& node = nodes_.at(id);
    const std::vector<std::size_t> waiting(node.waiting.begin(), node.waiting.end());
    const bool each = depends_on_element(node);
    if (!each && judge_all(id, node, waiting.front(), now) != Verdict::never) continue;
    for (const std::size_t position : waiting) {
      if (each && judge_all(id, node, position, now) != Verdict::never) continue;
      const TaskName task{.job = id, .index = index_of(node, position)};
      ended.push_back({task, describe_failure(id, node, position, now)});
    }
    for (const Unsatisfied& entry : ended) {
      if (entry.task.job == id) end(entry.task, ExitClass::dependency_not_satisfied);
    }
  }
  return ended;
}

std::optional<Graph::Time> Graph::next_change(Time now) const {
  std::optional<Time> next;
  for (const JobId id : with_waiting_) {
    const Node& node = nodes_.at(id);
    for (const Dependency& term : node.dependencies.terms) {
      if (term.kind != Kind::after || term.delay.count() == 0) continue;
      const auto release = release_time(term, scope_of(term, node, 0));
      if (release && *release > now) next = std::min(next.value_or(*release), *release);
    }
  }
  return next;
}

bool Graph::is_waiting(const TaskName& task) const {
  std::size_t position = 0;
  return node_of(task, position).phases[position] == Phase::waiting;
}

bool Graph::all_ended(JobId id) const {
  const Node& node = nodes_.at(id);
  return node.ended == node.phases.size();
}

std::string Graph::why(const TaskName& task, Time now) const {
  std::size_t position = 0;
  const Node& node = node_of(task, position);
  if (node.phases[position] != Phase::waiting) return {};
  if (judge_all(task.job, node, position, now) != Verdict::holds) {
    std::string waits;
    for (const Dependency& term : node.dependencies.terms) {
      if (judge(term, task.job, node, position, now) != Verdict::open) continue;
      if (!waits.empty()) waits += node.dependencies.need == Need::all ? " and " : " or ";
      waits += describe(term);
    }
    return "waits for " + waits;
  }
  if (node.array && node.array->running_max > 0 && node.running >= node.array->running_max) {
    return fmt::format("waits: at most {} elements of this array run at a time",
                       node.array->running_max);
  }
  return {};
}

Graph::Node& Graph::node_of(const TaskName& task, std::size_t& position) {
  return const_cast<Node&>(static_cast<const Graph&>(*this).node_of(task, position));
}

const Graph::Node& Graph::node_of(const TaskName& task, std::size_t& position) const {
  const auto found = nodes_.find(task.job);
  CHECK(found != nodes_.end());
  const auto place = position_of(found->second, task.index);
  CHECK(place.has_value());
  position = *place;
  return found->second;
}

std::optional<std::size_t> Graph::position_of(const Node& node,
                                              std::optional<std::uint32_t> index) {
  if (!node.array) return index ? std::nullopt : std::optional<std::size_t>(0);
  if (!index) return std::nullopt;
  const auto& indices = node.array->indices;
  const auto found = std::lower_bound(indices.begin(), indices.end(), *index);
  if (found == indices.end() || *found != *index) return std::nullopt;
  return static_cast<std::size_t>(found - indices.begin());
}

std::optional<std::uint32_t> Graph::index_of(const Node& node, std::size_t position) {
  if (!node.array) return std::nullopt;
  return node.array->indices[position];
}

bool Graph::depends_on_element(const Node& node) {
  const auto& terms = node.dependencies.terms;
  return std::any_of(terms.begin(), terms.end(),
                     [](const Dependency& term) { return term.kind == Kind::after_corresponding; });
}

Graph::Scope Graph::scope_of(const Dependency& term, const Node& dependent,
                             std::size_t position) const {
  const Node& on = nodes_.at(term.on.job);
  if (term.on.index) return {&on, position_of(on, term.on.index)};
  // Without arrays on both sides there is nothing to correspond: the whole job counts.
  if (term.kind == Kind::after_corresponding && on.array && dependent.array) {
    return {&on, position_of(on, index_of(dependent, position))};
  }
  return {&on, std::nullopt};
}

std::optional<Graph::Time> Graph::release_time(const Dependency& term, const Scope& scope) const {
  const Node& on = *scope.node;
  if (scope.position) {
    if (on.phases[*scope.position] == Phase::waiting) return std::nullopt;
    // What ended without a start has no moment to count from and delays nobody.
    return on.began[*scope.position].value_or(Time::min()) + term.delay;
  }
  if (!on.waiting.empty()) return std::nullopt;
  return on.last_began.value_or(Time::min()) + term.delay;
}

Graph::Verdict Graph::judge(const Dependency& term, JobId id, const Node& dependent,
                            std::size_t position, Time now) const {
  if (term.kind == Kind::singleton) {
    const auto same_name = unfinished_by_name_.find(dependent.name);
    const bool first = same_name == unfinished_by_name_.end() || same_name->second.empty() ||
                       *same_name->second.begin() >= id;
    return first ? Verdict::holds : Verdict::open;
  }
  const Scope scope = scope_of(term, dependent, position);
  const Node& on = *scope.node;
  if (term.kind == Kind::after) {
    const auto release = release_time(term, scope);
    return release && *release <= now ? Verdict::holds : Verdict::open;
  }
  const std::size_t count = scope.position ? 1 : on.phases.size();
  const bool element_ended = scope.position && on.phases[*scope.position] == Phase::ended;
  const std::size_t ended = scope.position ? (element_ended ? 1 : 0) : on.ended;
  const std::size_t ended_well =
      scope.position ? (element_ended && on.succeeded[*scope.position] ? 1 : 0) : on.ended_well;
  switch (term.kind) {
    case Kind::after_any:
      return ended == count ? Verdict::holds : Verdict::open;
    case Kind::after_not_ok:
      if (ended < count) return Verdict::open;
      return ended_well < count ? Verdict::holds : Verdict::never;
    default:
      if (ended_well < ended) return Verdict::never;
      return ended == count ? Verdict::holds : Verdict::open;
  }
}

Graph::Verdict Graph::judge_all(JobId id, const Node& node, std::size_t position, Time now) const {
  const auto& terms = node.dependencies.terms;
  if (terms.empty()) return Verdict::holds;
  const bool all = node.dependencies.need == Need::all;
  const Verdict decisive = all ? Verdict::never : Verdict::holds;
  bool open = false;
  for (const Dependency& term : terms) {
    const Verdict verdict = judge(term, id, node, position, now);
    if (verdict == decisive) return verdict;
    open = open || verdict == Verdict::open;
  }
  if (open) return Verdict::open;
  return all ? Verdict::holds : Verdict::never;
}

std::string Graph::describe_failure(JobId id, const Node& node, std::size_t position,
                                    Time now) const {
  std::string terms;
  for (const Dependency& term : node.dependencies.terms) {
    if (judge(term, id, node, position, now) != Verdict::never) continue;
    if (!terms.empty()) terms += " nor ";
    terms += describe(term);
  }
  return "it waited for " + terms + ", which cannot happen any more";
}

}  // namespace aloft::workload
