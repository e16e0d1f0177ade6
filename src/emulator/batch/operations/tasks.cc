// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "emulator/batch/operations/operations.h"
#include "emulator/batch/shapes.h"
#include "emulator/batch/task_life.h"
#include "emulator/batch/task_settings.h"

namespace aloft::emulator::batch {

namespace {

struct TaskProperty {
  std::string_view name;
  FilterValue (*value)(const Task& task);
};

template <class Read>
FilterValue of_execution(const Task& task, Read read) {
  if (!task.execution) return {};
  return read(*task.execution);
}

FilterValue optional_time(const std::optional<Instant>& time) {
  if (!time) return {};
  return *time;
}

constexpr TaskProperty kTable[] = {
    {"id", [](const Task& task) { return FilterValue(task.id); }},
    {"state", [](const Task& task) { return FilterValue(std::string(name_of(task.state))); }},
    {"stateTransitionTime", [](const Task& task) { return FilterValue(task.entered_state); }},
    {"creationTime", [](const Task& task) { return FilterValue(task.created); }},
    {"lastModified", [](const Task& task) { return FilterValue(task.modified); }},
    {"previousState",
     [](const Task& task) -> FilterValue {
       if (task.entered_state == task.created) return {};
       return std::string(name_of(task.previous_state));
     }},
    {"previousStateTransitionTime",
     [](const Task& task) -> FilterValue {
       if (task.entered_state == task.created) return {};
       return task.entered_previous_state;
     }},
    {"executionInfo/startTime",
     [](const Task& task) {
       return of_execution(task, [](const Execution& e) { return optional_time(e.started); });
     }},
    {"executionInfo/endTime",
     [](const Task& task) {
       return of_execution(task, [](const Execution& e) { return optional_time(e.ended); });
     }},
    {"executionInfo/exitCode",
     [](const Task& task) {
       return of_execution(task, [](const Execution& e) -> FilterValue {
         if (!e.exit_code) return {};
         return std::int64_t{*e.exit_code};
       });
     }},
    {"executionInfo/result",
     [](const Task& task) -> FilterValue {
       if (task.state != TaskState::completed) return {};
       return std::string(task.has_succeeded() ? "success" : "failure");
     }},
    {"executionInfo/retryCount",
     [](const Task& task) {
       return FilterValue(std::int64_t{task.execution ? task.execution->retry_count : 0});
     }},
    {"executionInfo/requeueCount",
     [](const Task& task) {
       return FilterValue(std::int64_t{task.execution ? task.execution->requeue_count : 0});
     }},
    {"nodeInfo/affinityId",
     [](const Task& task) {
       return of_execution(task, [](const Execution& e) { return FilterValue("TVM:" + e.node); });
     }},
    {"nodeInfo/nodeId",
     [](const Task& task) {
       return of_execution(task, [](const Execution& e) { return FilterValue(e.node); });
     }},
};

constexpr auto kProperties = [] {
  std::array<std::string_view, std::size(kTable)> names;
  for (std::size_t index = 0; index < names.size(); ++index) names[index] = kTable[index].name;
  return names;
}();

/// Where the list goes on; nothing asked for it begins at 0.
Outcome<std::uint32_t> number_of_token(const std::string& token) {
  if (token.empty()) return 0;
  const auto number = number_of_id(token);
  if (!number || *number > std::numeric_limits<std::uint32_t>::max()) {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "$skiptoken", token, {});
  }
  return static_cast<std::uint32_t>(*number);
}

struct Place {
  Job* job;
  Task* task;
};

Outcome<Place> find_place(const Call& call, const State& state) {
  Job* job = TRY(find_job(state, call.argument(0)));
  Task* task = TRY(find_task(*job, call.argument(1)));
  return Place{.job = job, .task = task};
}

/// As above, for a change: if the conditions hold.
Outcome<Place> find_unchanged(const Call& call, const State& state) {
  const Place place = TRY(find_place(call, state));
  TRY(check_conditions(call.headers(), place.task->version(), false));
  return place;
}

Answer changed(const Call& call, int status, const Place& place) {
  return changed_response(status, place.task->version(),
                          task_url(call.viewer, *place.job, *place.task));
}

}  // namespace

Answer list_tasks(Call& call) {
  Listing listing = TRY(Listing::parse(call.target, kProperties));
  const std::uint32_t begin = TRY(number_of_token(listing.token()));
  const auto state = call.account.lock();
  const Job& job = *TRY(find_job(*state, call.argument(0)));
  for (std::uint32_t number = begin; number < job.tasks.next_number(); ++number) {
    const Task* task = job.tasks.at(number);
    if (task == nullptr) continue;
    const bool goes_on = listing.offer(
        std::to_string(number), [&](std::size_t property) { return kTable[property].value(*task); },
        [&] { return task_view(call.viewer, job, *task); });
    if (!goes_on) break;
  }
  return json_response(listing.finish(call.viewer.base_url, "tasks"));
}

Answer get_task(Call& call) {
  const auto state = call.account.lock();
  const Place place = TRY(find_place(call, *state));
  return resource_response(call, place.task->version(), "tasks",
                           task_view(call.viewer, *place.job, *place.task));
}

Answer update_task(Call& call) {
  const Json body = TRY(read_body(call, kTaskUpdateShape));
  const auto state = call.account.lock();
  const Place place = TRY(find_unchanged(call, *state));
  TRY(check_takes_changes(*place.job));
  if (place.task->state == TaskState::completed) return refuse(Refusal::task_completed);
  set_constraints(*place.task, body, terms_of(*place.job));
  place.task->modified = state->now();
  state->save(*place.job, *place.task);
  return changed(call, 200, place);
}

Answer delete_task(Call& call) {
  const auto state = call.account.lock();
  const Place place = TRY(find_unchanged(call, *state));
  remove_task(*state, *place.job, *place.task);
  call.account.schedule_and_wake(*state);
  return empty_response(200);
}

Answer terminate_one_task(Call& call) {
  const auto state = call.account.lock();
  const Place place = TRY(find_unchanged(call, *state));
  if (place.task->state == TaskState::completed) return refuse(Refusal::task_completed);
  terminate_task(*state, *place.job, *place.task);
  auto answer = changed(call, 204, place);
  call.account.schedule_and_wake(*state);
  return answer;
}

Answer reactivate_one_task(Call& call) {
  const auto state = call.account.lock();
  const Place place = TRY(find_unchanged(call, *state));
  TRY(check_takes_changes(*place.job));
  if (place.task->state != TaskState::completed) return refuse(Refusal::task_not_completed);
  if (place.task->has_succeeded()) return refuse(Refusal::task_succeeded);
  reactivate_task(*state, *place.job, *place.task);
  auto answer = changed(call, 204, place);
  call.account.schedule_and_wake(*state);
  return answer;
}

Answer list_subtasks(Call& call) {
  const auto state = call.account.lock();
  TRY(find_place(call, *state));
  return json_response(R"({"value":[]})");
}

}  // namespace aloft::emulator::batch
