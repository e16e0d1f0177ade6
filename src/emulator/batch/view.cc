// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/view.h"

#include "emulator/batch/json_text.h"
#include "emulator/wire/query.h"

namespace aloft::emulator::batch {

namespace {

void add_time(JsonText& json, std::string_view name, const std::optional<Instant>& time) {
  if (time) json.add(name, format_iso_date(*time));
}

void add_execution(JsonText& json, const Task& task) {
  json.open("executionInfo");
  if (task.execution) {
    const Execution& execution = *task.execution;
    add_time(json, "startTime", execution.started);
    add_time(json, "endTime", execution.ended);
    if (execution.exit_code) json.add("exitCode", std::int64_t{*execution.exit_code});
    if (execution.failure) {
      json.add_json("failureInfo", text_of(failure_view(*execution.failure)));
    }
    if (task.state == TaskState::completed) {
      json.add("result", execution.failed ? "failure" : "success");
    }
    add_time(json, "lastRetryTime", execution.last_retry);
    add_time(json, "lastRequeueTime", execution.last_requeue);
  }
  json.add("retryCount", std::int64_t{task.execution ? task.execution->retry_count : 0});
  json.add("requeueCount", std::int64_t{task.execution ? task.execution->requeue_count : 0});
  json.close();
}

void add_place(JsonText& json, const Viewer& viewer, const Job& job, const Task& task) {
  if (!task.execution || task.execution->node.empty()) return;
  const std::string url = node_url(viewer, task.execution->pool, task.execution->node);
  const std::string directory = "workitems/" + job.id + "/job-1/" + task.id;
  json.open("nodeInfo")
      .add("affinityId", "TVM:" + task.execution->node)
      .add("nodeUrl", url)
      .add("poolId", task.execution->pool)
      .add("nodeId", task.execution->node)
      .add("taskRootDirectory", directory)
      .add("taskRootDirectoryUrl", url + "/files/" + directory)
      .close();
}

/// Members that pools, jobs and tasks have in common.
template <class Resource>
void add_identity(Json& view, const std::string& url, const Resource& resource) {
  view["id"] = resource.id;
  view["url"] = url;
  view["eTag"] = format_etag(resource.version());
  view["lastModified"] = format_iso_date(resource.modified);
  view["creationTime"] = format_iso_date(resource.created);
  view["state"] = name_of(resource.state);
  view["stateTransitionTime"] = format_iso_date(resource.entered_state);
}

Json start_task_view(const StartTaskInfo& info) {
  Json view{{"state", info.ended ? "completed" : "running"},
            {"startTime", format_iso_date(info.started)},
            {"retryCount", info.retry_count}};
  if (info.ended) {
    view["endTime"] = format_iso_date(*info.ended);
    view["result"] = info.failure ? "failure" : "success";
  }
  if (info.last_retry) view["lastRetryTime"] = format_iso_date(*info.last_retry);
  if (info.exit_code) view["exitCode"] = *info.exit_code;
  if (info.failure) view["failureInfo"] = failure_view(*info.failure);
  return view;
}

/// Slots in use by tasks that run there.
std::int64_t used_slots(const Pool& pool, const PoolNode& node) {
  return pool.slots_per_node() - node.free_slots;
}

}  // namespace

std::string job_url(const Viewer& viewer, const Job& job) {
  return viewer.base_url + "/jobs/" + job.id;
}
std::string task_url(const Viewer& viewer, const Job& job, const Task& task) {
  return job_url(viewer, job) + "/tasks/" + task.id;
}
std::string pool_url(const Viewer& viewer, const Pool& pool) {
  return viewer.base_url + "/pools/" + pool.id;
}
std::string node_url(const Viewer& viewer, std::string_view pool, std::string_view node) {
  return viewer.base_url + "/pools/" + std::string(pool) + "/nodes/" + std::string(node);
}

Json failure_view(const FailureInfo& failure) {
  Json details = Json::array();
  for (const auto& [name, value] : failure.details) {
    details.push_back({{"name", name}, {"value", value}});
  }
  Json view{
      {"category", failure.category == FailureInfo::Category::server ? "servererror" : "usererror"},
      {"code", failure.code},
      {"message", failure.message}};
  if (!details.empty()) view["details"] = std::move(details);
  return view;
}

Json error_view(const ServiceError& error) {
  Json view{{"code", error.code}, {"message", {{"lang", "en-US"}, {"value", error.message}}}};
  if (error.details.empty()) return view;
  Json& values = view["values"] = Json::array();
  for (const auto& [key, value] : error.details) values.push_back({{"key", key}, {"value", value}});
  return view;
}

std::string task_view(const Viewer& viewer, const Job& job, const Task& task) {
  JsonText json;
  json.open()
      .add("id", task.id)
      .add("url", task_url(viewer, job, task))
      .add("eTag", format_etag(task.version()))
      .add("creationTime", format_iso_date(task.created))
      .add("lastModified", format_iso_date(task.modified))
      .add("state", name_of(task.state))
      .add("stateTransitionTime", format_iso_date(task.entered_state));
  if (task.entered_state != task.created) {
    json.add("previousState", name_of(task.previous_state))
        .add("previousStateTransitionTime", format_iso_date(task.entered_previous_state));
  }
  json.add_members(task.settings);
  if (!task.has_user_identity) {
    json.add_json("userIdentity", R"({"autoUser":{"scope":"pool","elevationLevel":"nonadmin"}})");
  }
  json.open("constraints")
      .add("maxWallClockTime", format_duration(task.wall_time))
      .add("retentionTime", format_duration(task.retention))
      .add("maxTaskRetryCount", std::int64_t{task.retries_max})
      .close();
  json.add("requiredSlots", std::int64_t{task.slots});
  add_execution(json, task);
  add_place(json, viewer, job, task);
  return json.close().take();
}

std::string job_view(const Viewer& viewer, const Job& job) {
  Json view = job.settings;
  add_identity(view, job_url(viewer, job), job);
  if (job.entered_state != job.created) {
    view["previousState"] = name_of(job.previous_state);
    view["previousStateTransitionTime"] = format_iso_date(job.entered_previous_state);
  }
  Json execution{{"startTime", format_iso_date(job.created)}, {"poolId", job.pool()}};
  if (job.ended) execution["endTime"] = format_iso_date(*job.ended);
  if (!job.terminate_reason.empty()) execution["terminateReason"] = job.terminate_reason;
  view["executionInfo"] = std::move(execution);
  return text_of(view);
}

std::string pool_view(const Viewer& viewer, const Pool& pool, const PoolIdentity& identity) {
  Json view = pool.settings;
  add_identity(view, pool_url(viewer, pool), pool);
  view["allocationState"] = name_of(pool.allocation);
  view["allocationStateTransitionTime"] = format_iso_date(pool.entered_allocation);
  view["currentDedicatedNodes"] = pool.count(true);
  view["currentLowPriorityNodes"] = pool.count(false);
  view["targetDedicatedNodes"] = pool.target_dedicated;
  view["targetLowPriorityNodes"] = pool.target_low_priority;
  view["enableAutoScale"] = false;
  if (viewer.version == ApiVersion::v2022) view["currentNodeCommunicationMode"] = "simplified";
  for (const ResizeError& error : pool.resize_errors) {
    view["resizeErrors"].push_back({{"code", error.code}, {"message", error.message}});
  }
  view["identity"] = {
      {"type", "UserAssigned"},
      {"userAssignedIdentities",
       Json::array({{{"resourceId", identity.resource_id}, {"clientId", identity.client_id}}})}};
  return text_of(view);
}

std::string node_view(const Viewer& viewer, const Pool& pool, const PoolNode& node) {
  const auto start_task = pool.settings.find("startTask");
  Json view{
      {"id", node.id},
      {"url", node_url(viewer, pool.id, node.id)},
      {"state", name_of(node.state)},
      {"schedulingState", node.schedules ? "enabled" : "disabled"},
      {"stateTransitionTime", format_iso_date(node.entered_state)},
      {"lastBootTime", format_iso_date(node.booted)},
      {"allocationTime", format_iso_date(node.allocated)},
      {"ipAddress", "127.0.0.1"},
      {"affinityId", "TVM:" + node.id},
      {"vmSize", pool.settings.at("vmSize")},
      {"isDedicated", node.is_dedicated},
      {"totalTasksRun", node.tasks_run},
      {"totalTasksSucceeded", node.tasks_succeeded},
      {"runningTasksCount", node.runs.size()},
      {"runningTaskSlotsCount", used_slots(pool, node)},
      {"nodeAgentInfo",
       {{"version", "aloft-emulator"}, {"lastUpdateTime", format_iso_date(node.booted)}}},
      {"virtualMachineInfo",
       {{"imageReference", pool.settings.at("virtualMachineConfiguration").at("imageReference")}}}};
  if (viewer.version == ApiVersion::v2025) view["ipv6Address"] = "::1";
  if (start_task != pool.settings.end()) view["startTask"] = *start_task;
  if (node.start_task) view["startTaskInfo"] = start_task_view(*node.start_task);
  if (!node.trouble.empty()) {
    view["errors"] = Json::array({{{"code", "NodeUnusable"}, {"message", node.trouble}}});
  }
  return text_of(view);
}

std::string file_view(const Viewer& viewer, const std::string& parent_url, const FileEntry& entry) {
  const auto modified = std::chrono::floor<std::chrono::microseconds>(entry.modified_at);
  Json view{{"name", entry.name},
            {"url", parent_url + "/files/" + percent_encode(entry.name, false)},
            {"isDirectory", entry.is_directory}};
  if (!entry.is_directory) {
    char mode[16];
    std::snprintf(mode, sizeof(mode), "0o%06o", static_cast<unsigned>(entry.mode));
    view["properties"] = {{"creationTime", format_iso_date(modified)},
                          {"lastModified", format_iso_date(modified)},
                          {"contentLength", entry.size_bytes},
                          {"contentType", "application/octet-stream"},
                          {"fileMode", mode}};
    // 64-bit numbers became texts with the newer versions.
    if (viewer.version == ApiVersion::v2025) {
      view["properties"]["contentLength"] = std::to_string(entry.size_bytes);
    }
  }
  return text_of(view);
}

}  // namespace aloft::emulator::batch
