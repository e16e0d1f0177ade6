// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/service/answers.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "process/exit_record.h"

namespace aloft::batch {
namespace {

using Json = nlohmann::json;

/// Thrown and caught in this file: what the protocol does not allow.
struct Senseless {
  std::string what;
};

const Json* find(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

const Json& member(const Json& object, const char* name) {
  if (const Json* found = find(object, name)) return *found;
  throw Senseless{fmt::format("it has no {}", name)};
}

std::string text_or_empty(const Json& object, const char* name) {
  const Json* found = find(object, name);
  return found ? found->get<std::string>() : std::string();
}

template <class T>
T number_or(const Json& object, const char* name, T otherwise) {
  const Json* found = find(object, name);
  return found ? found->get<T>() : otherwise;
}

std::optional<Task::Time> time_of(const Json& object, const char* name) {
  const Json* found = find(object, name);
  if (!found) return std::nullopt;
  const auto time = parse_time(found->get<std::string>());
  if (!time) throw Senseless{time.error().message};
  return *time;
}

Labels labels_of(const Json& object) {
  Labels labels;
  if (const Json* list = find(object, "metadata")) {
    for (const Json& item : *list) labels[member(item, "name")] = member(item, "value");
  }
  return labels;
}

std::vector<Identity> identities_of(const Json& pool) {
  std::vector<Identity> identities;
  const Json* identity = find(pool, "identity");
  const Json* list = identity ? find(*identity, "userAssignedIdentities") : nullptr;
  if (!list) return identities;
  for (const Json& entry : *list) {
    identities.push_back({.resource_id = member(entry, "resourceId"),
                          .client_id = text_or_empty(entry, "clientId")});
  }
  return identities;
}

std::vector<ResizeError> resize_errors_of(const Json& pool) {
  std::vector<ResizeError> errors;
  if (const Json* list = find(pool, "resizeErrors")) {
    for (const Json& entry : *list) {
      errors.push_back(
          {.code = text_or_empty(entry, "code"), .message = text_or_empty(entry, "message")});
    }
  }
  return errors;
}

Pool::Allocation allocation_of(const Json& pool) {
  const std::string name = text_or_empty(pool, "allocationState");
  if (name == "resizing") return Pool::Allocation::resizing;
  if (name == "stopping") return Pool::Allocation::stopping;
  return Pool::Allocation::steady;
}

void read(const Json& json, Pool& pool) {
  pool.id = member(json, "id");
  pool.state = member(json, "state") == "deleting" ? Pool::State::deleting : Pool::State::active;
  pool.allocation = allocation_of(json);
  pool.vm_size = member(json, "vmSize");
  pool.current = {.dedicated = member(json, "currentDedicatedNodes"),
                  .spot = member(json, "currentLowPriorityNodes")};
  pool.target = {.dedicated = number_or(json, "targetDedicatedNodes", 0u),
                 .spot = number_or(json, "targetLowPriorityNodes", 0u)};
  pool.slots_per_node = number_or(json, "taskSlotsPerNode", 1u);
  pool.has_start_task = find(json, "startTask") != nullptr;
  pool.labels = labels_of(json);
  pool.identities = identities_of(json);
  pool.resize_errors = resize_errors_of(json);
}

void read(const Json& json, Node& node) {
  node.id = member(json, "id");
  node.state = member(json, "state");
  node.spot = !number_or(json, "isDedicated", true);
  node.running_slots = number_or(json, "runningTaskSlotsCount", 0u);
  const Json* start = find(json, "startTaskInfo");
  const Json* failure = start ? find(*start, "failureInfo") : nullptr;
  if (failure) node.start_task_failure = text_or_empty(*failure, "message");
}

void read(const Json& json, Job& job) {
  job.id = member(json, "id");
  job.state = member(json, "state");
  job.pool = text_or_empty(member(json, "poolInfo"), "poolId");
}

Task::State task_state_of(const std::string& name) {
  if (name == "preparing") return Task::State::preparing;
  if (name == "running") return Task::State::running;
  if (name == "completed") return Task::State::completed;
  return Task::State::active;
}

void read_execution(const Json& json, Task& task) {
  if (const Json* code = find(json, "exitCode")) task.exit_code = code->get<int>();
  task.started = time_of(json, "startTime");
  task.ended = time_of(json, "endTime");
  task.requeues = number_or(json, "requeueCount", 0u);
  if (const Json* failure = find(json, "failureInfo")) {
    task.failure = {.code = text_or_empty(*failure, "code"),
                    .message = text_or_empty(*failure, "message")};
  }
}

void read(const Json& json, Task& task) {
  task.id = member(json, "id");
  task.display_name = text_or_empty(json, "displayName");
  task.state = task_state_of(member(json, "state"));
  if (const Json* execution = find(json, "executionInfo")) read_execution(*execution, task);
  if (const Json* node = find(json, "nodeInfo")) task.node = text_or_empty(*node, "nodeId");
}

void read(const Json& json, TaskCounts& counts) {
  const Json& tasks = member(json, "taskCounts");
  counts = {.active = member(tasks, "active"),
            .running = member(tasks, "running"),
            .completed = member(tasks, "completed")};
}

Added::Status added_status_of(const std::string& name) {
  if (name == "success") return Added::Status::success;
  if (name == "clienterror") return Added::Status::client_error;
  if (name == "servererror") return Added::Status::server_error;
  throw Senseless{fmt::format("a task was added with the status {}", name)};
}

Fault fault_of(const Json& json) {
  Fault fault{.code = text_or_empty(json, "code")};
  if (const Json* message = find(json, "message")) {
    // "TEXT\nRequestId:…\nTime:…": people need the text.
    fault.message = text_or_empty(*message, "value");
    fault.message = fault.message.substr(0, fault.message.find('\n'));
  }
  if (const Json* values = find(json, "values")) {
    for (const Json& value : *values) {
      fault.details += fmt::format("{}{}={}", fault.details.empty() ? "" : ", ",
                                   text_or_empty(value, "key"), text_or_empty(value, "value"));
    }
  }
  return fault;
}

void read(const Json& json, Added& added) {
  added.id = member(json, "taskId");
  added.status = added_status_of(member(json, "status"));
  const Json* error = find(json, "error");
  if (!error) return;
  const Fault fault = fault_of(*error);
  added.code = fault.code;
  added.message = fault.message;
  if (!fault.details.empty()) added.message += fmt::format(" ({})", fault.details);
}

template <class T>
void read(const Json& json, std::vector<T>& list) {
  for (const Json& entry : member(json, "value")) read(entry, list.emplace_back());
}

template <class T>
void read(const Json& json, Page<T>& page) {
  read(json, page.entries);
  page.next_link = text_or_empty(json, "odata.nextLink");
}

template <class T>
Result<T> parse(std::string_view text) {
  try {
    T value;
    read(Json::parse(text), value);
    return value;
  } catch (const Senseless& senseless) {
    return fail(ErrorCode::corrupt, senseless.what);
  } catch (const Json::exception& wrong) {
    return fail(ErrorCode::corrupt, wrong.what());
  }
}

}  // namespace

Result<Pool> parse_pool(std::string_view text) {
  return parse<Pool>(text);
}
Result<Page<Pool>> parse_pools(std::string_view text) {
  return parse<Page<Pool>>(text);
}
Result<Page<Node>> parse_nodes(std::string_view text) {
  return parse<Page<Node>>(text);
}
Result<Job> parse_job(std::string_view text) {
  return parse<Job>(text);
}
Result<TaskCounts> parse_task_counts(std::string_view text) {
  return parse<TaskCounts>(text);
}
Result<Task> parse_task(std::string_view text) {
  return parse<Task>(text);
}
Result<Page<Task>> parse_tasks(std::string_view text) {
  return parse<Page<Task>>(text);
}
Result<std::vector<Added>> parse_added(std::string_view text) {
  return parse<std::vector<Added>>(text);
}

Fault parse_fault(std::string_view text) {
  try {
    return fault_of(Json::parse(text));
  } catch (const Json::exception&) {
    return {};
  }
}

}  // namespace aloft::batch
