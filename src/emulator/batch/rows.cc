// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/rows.h"

namespace aloft::emulator::batch {

namespace {

std::int64_t ticks(Instant time) {
  return time.time_since_epoch().count();
}
Instant instant(std::int64_t value) {
  return Instant(std::chrono::microseconds(value));
}

void put(Json& row, const char* key, const std::optional<Instant>& time) {
  if (time) row[key] = ticks(*time);
}
std::optional<Instant> time_in(const Json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end()) return std::nullopt;
  return instant(found->get<std::int64_t>());
}
Instant required_time(const Json& row, const char* key) {
  return instant(row.at(key).get<std::int64_t>());
}

Json failure_row(const FailureInfo& failure) {
  return {{"server", failure.category == FailureInfo::Category::server},
          {"code", failure.code},
          {"message", failure.message},
          {"details", failure.details}};
}

FailureInfo failure_in(const Json& row) {
  return {.category = row.at("server").get<bool>() ? FailureInfo::Category::server
                                                   : FailureInfo::Category::user,
          .code = row.at("code"),
          .message = row.at("message"),
          .details = row.at("details")};
}

Json execution_row(const Execution& execution) {
  Json row{{"retries", execution.retry_count},
           {"requeues", execution.requeue_count},
           {"failed", execution.failed},
           {"pool", execution.pool},
           {"node", execution.node}};
  put(row, "started", execution.started);
  put(row, "ended", execution.ended);
  put(row, "last_retry", execution.last_retry);
  put(row, "last_requeue", execution.last_requeue);
  if (execution.exit_code) row["exit_code"] = *execution.exit_code;
  if (execution.failure) row["failure"] = failure_row(*execution.failure);
  if (execution.fate != Fate::by_outcome) row["fate"] = static_cast<int>(execution.fate);
  return row;
}

std::unique_ptr<Execution> execution_in(const Json& row) {
  auto execution = std::make_unique<Execution>();
  execution->retry_count = row.at("retries");
  execution->requeue_count = row.at("requeues");
  execution->failed = row.at("failed");
  execution->pool = row.at("pool");
  execution->node = row.at("node");
  execution->started = time_in(row, "started");
  execution->ended = time_in(row, "ended");
  execution->last_retry = time_in(row, "last_retry");
  execution->last_requeue = time_in(row, "last_requeue");
  if (row.contains("exit_code")) execution->exit_code = row["exit_code"].get<int>();
  if (row.contains("failure")) execution->failure = failure_in(row["failure"]);
  execution->fate = static_cast<Fate>(row.value("fate", 0));
  return execution;
}

Json node_row(const PoolNode& node) {
  return {{"id", node.id},
          {"dedicated", node.is_dedicated},
          {"schedules", node.schedules},
          {"allocated", ticks(node.allocated)},
          {"tasks_run", node.tasks_run},
          {"tasks_succeeded", node.tasks_succeeded}};
}

std::unique_ptr<PoolNode> node_in(const Json& row) {
  auto node = std::make_unique<PoolNode>();
  node->id = row.at("id");
  node->is_dedicated = row.at("dedicated");
  node->schedules = row.at("schedules");
  node->allocated = node->entered_state = node->booted = required_time(row, "allocated");
  node->tasks_run = row.at("tasks_run");
  node->tasks_succeeded = row.at("tasks_succeeded");
  return node;
}

/// `read` throws what the JSON library throws where a row has another form.
template <class T, class Read>
Result<T> decode(std::string_view text, Read read) {
  try {
    return read(Json::parse(text));
  } catch (const Json::exception& error) {
    return fail(ErrorCode::corrupt,
                "a row of the Batch account cannot be read: " + std::string(error.what()));
  }
}

}  // namespace

std::string encode_pool(const Pool& pool) {
  Json row{{"id", pool.id},
           {"settings", pool.settings},
           {"state", static_cast<int>(pool.state)},
           {"created", ticks(pool.created)},
           {"modified", ticks(pool.modified)},
           {"entered_state", ticks(pool.entered_state)},
           {"entered_allocation", ticks(pool.entered_allocation)},
           {"target_dedicated", pool.target_dedicated},
           {"target_low_priority", pool.target_low_priority},
           {"nodes", Json::array()}};
  for (const auto& [id, node] : pool.nodes) {
    if (!node->is_leaving) row["nodes"].push_back(node_row(*node));
  }
  return text_of(row);
}

Result<std::unique_ptr<Pool>> decode_pool(std::string_view text) {
  return decode<std::unique_ptr<Pool>>(text, [](const Json& row) {
    auto pool = std::make_unique<Pool>();
    pool->id = row.at("id");
    pool->settings = row.at("settings");
    pool->state = static_cast<PoolState>(row.at("state").get<int>());
    pool->created = required_time(row, "created");
    pool->modified = required_time(row, "modified");
    pool->entered_state = required_time(row, "entered_state");
    pool->entered_allocation = required_time(row, "entered_allocation");
    pool->target_dedicated = row.at("target_dedicated");
    pool->target_low_priority = row.at("target_low_priority");
    for (const Json& one : row.at("nodes")) {
      auto node = node_in(one);
      const std::string id = node->id;
      pool->nodes.emplace(id, std::move(node));
    }
    return pool;
  });
}

std::string encode_job(const Job& job) {
  Json row{{"number", job.number},
           {"id", job.id},
           {"settings", job.settings},
           {"state", static_cast<int>(job.state)},
           {"previous_state", static_cast<int>(job.previous_state)},
           {"disable_tasks", static_cast<int>(job.disable_tasks)},
           {"created", ticks(job.created)},
           {"modified", ticks(job.modified)},
           {"entered_state", ticks(job.entered_state)},
           {"entered_previous_state", ticks(job.entered_previous_state)},
           {"terminate_reason", job.terminate_reason}};
  put(row, "ended", job.ended);
  return text_of(row);
}

Result<std::unique_ptr<Job>> decode_job(std::string_view text) {
  return decode<std::unique_ptr<Job>>(text, [](const Json& row) {
    auto job = std::make_unique<Job>();
    job->number = row.at("number");
    job->id = row.at("id");
    job->settings = row.at("settings");
    job->state = static_cast<JobState>(row.at("state").get<int>());
    job->previous_state = static_cast<JobState>(row.at("previous_state").get<int>());
    job->disable_tasks = static_cast<DisableTasks>(row.at("disable_tasks").get<int>());
    job->created = required_time(row, "created");
    job->modified = required_time(row, "modified");
    job->entered_state = required_time(row, "entered_state");
    job->entered_previous_state = required_time(row, "entered_previous_state");
    job->terminate_reason = row.at("terminate_reason");
    job->ended = time_in(row, "ended");
    return job;
  });
}

std::string encode_status(const Task& task) {
  Json row{{"state", static_cast<int>(task.state)}, {"created", ticks(task.created)}};
  if (task.modified != task.created) row["modified"] = ticks(task.modified);
  if (task.entered_state != task.created) {
    row["entered"] = ticks(task.entered_state);
    row["previous_state"] = static_cast<int>(task.previous_state);
    row["entered_previous"] = ticks(task.entered_previous_state);
  }
  if (task.has_user_identity) row["user_identity"] = true;
  if (task.has_dependencies) row["dependencies"] = true;
  if (task.satisfies) row["satisfies"] = true;
  if (task.slots != 1) row["slots"] = task.slots;
  if (task.retries_max != 0) row["retries_max"] = task.retries_max;
  if (task.wall_time != kUnlimited) row["wall_time"] = task.wall_time.count();
  if (task.retention != Task().retention) row["retention"] = task.retention.count();
  if (task.execution) row["execution"] = execution_row(*task.execution);
  return text_of(row);
}

Result<void> decode_status(std::string_view text, Task& task) {
  return decode<void>(text, [&task](const Json& row) -> Result<void> {
    task.state = static_cast<TaskState>(row.at("state").get<int>());
    task.created = required_time(row, "created");
    task.modified = time_in(row, "modified").value_or(task.created);
    task.entered_state = time_in(row, "entered").value_or(task.created);
    task.previous_state = static_cast<TaskState>(row.value("previous_state", 0));
    task.entered_previous_state = time_in(row, "entered_previous").value_or(Instant());
    task.has_user_identity = row.value("user_identity", false);
    task.has_dependencies = row.value("dependencies", false);
    task.satisfies = row.value("satisfies", false);
    task.slots = row.value("slots", std::uint16_t{1});
    task.retries_max = row.value("retries_max", 0);
    task.wall_time = Duration(row.value("wall_time", kUnlimited.count()));
    task.retention = Duration(row.value("retention", task.retention.count()));
    if (row.contains("execution")) task.execution = execution_in(row["execution"]);
    return {};
  });
}

}  // namespace aloft::emulator::batch
