// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/service/requests.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "azure/encoding.h"

namespace aloft::batch {
namespace {

// Keeps the order of insertion, so that bodies read as people would write them.
using Json = nlohmann::ordered_json;
using http::Method;

constexpr std::string_view kTaskFields = "id,displayName,state,executionInfo,nodeInfo";

struct Target {
  std::string path;
  std::string object;
};

Target pool_target(std::string_view pool) {
  return {fmt::format("/pools/{}", azure::encode_query_value(pool)), fmt::format("pool {}", pool)};
}

Target job_target(std::string_view job) {
  return {fmt::format("/jobs/{}", azure::encode_query_value(job)),
          fmt::format("Batch job {}", job)};
}

Target task_target(std::string_view job, std::string_view task) {
  return {fmt::format("{}/tasks/{}", job_target(job).path, azure::encode_query_value(task)),
          fmt::format("task {} of Batch job {}", task, job)};
}

Request make(Method method, const Target& target, std::string_view verb, int success,
             std::string_view action = "") {
  return {.method = method,
          .path = fmt::format("{}{}", target.path, action),
          .query = fmt::format("api-version={}", kApiVersion),
          .body = {},
          .success = success,
          .doing = fmt::format("{} the {}", verb, target.object),
          .object = target.object};
}

void add_query(Request& request, std::string_view name, std::string_view value) {
  request.query +=
      fmt::format("&{}={}", azure::encode_query_value(name), azure::encode_query_value(value));
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json labels_json(const Labels& labels) {
  Json list = Json::array();
  for (const auto& [name, value] : labels) list.push_back({{"name", name}, {"value", value}});
  return list;
}

Json file_json(const ResourceFile& file) {
  Json json{{"httpUrl", file.url}, {"filePath", file.path}};
  if (!file.identity.empty()) json["identityReference"] = {{"resourceId", file.identity}};
  return json;
}

void put_files(Json& json, const std::vector<ResourceFile>& files) {
  if (files.empty()) return;
  Json& list = json["resourceFiles"] = Json::array();
  for (const ResourceFile& file : files) list.push_back(file_json(file));
}

/// Users of the whole pool, because tasks share the files that the start task unpacks.
Json identity_json(RunAs run_as) {
  const bool administrator = run_as == RunAs::administrator;
  return {
      {"autoUser", {{"scope", "pool"}, {"elevationLevel", administrator ? "admin" : "nonadmin"}}}};
}

Json waits_json(const NewTask& task) {
  Json json = Json::object();
  if (!task.waits_for_ids.empty()) json["taskIds"] = task.waits_for_ids;
  if (!task.waits_for_ranges.empty()) {
    Json& ranges = json["taskIdRanges"] = Json::array();
    for (const IdRange& range : task.waits_for_ranges) {
      ranges.push_back({{"start", range.first}, {"end", range.last}});
    }
  }
  return json;
}

/// Whatever becomes of a task, those that wait for it start: they decide themselves, by its record.
Json exit_conditions_json() {
  const Json satisfy{{"dependencyAction", "satisfy"}};
  return {{"preProcessingError", satisfy}, {"fileUploadError", satisfy}, {"default", satisfy}};
}

Json task_json(const NewTask& task) {
  Json json{{"id", task.id}};
  if (!task.display_name.empty()) json["displayName"] = task.display_name;
  json["commandLine"] = task.command_line;
  json["exitConditions"] = exit_conditions_json();
  put_files(json, task.files);
  Json& constraints = json["constraints"] = {{"maxTaskRetryCount", 0}};
  if (task.wall_time_max) {
    constraints["maxWallClockTime"] = fmt::format("PT{}S", task.wall_time_max->count());
  }
  json["requiredSlots"] = task.slots;
  json["userIdentity"] = identity_json(RunAs::user);
  if (Json waits = waits_json(task); !waits.empty()) json["dependsOn"] = std::move(waits);
  return json;
}

Json start_task_json(const StartTask& task) {
  Json json{{"commandLine", task.command_line}};
  put_files(json, task.files);
  json["userIdentity"] = identity_json(task.run_as);
  json["maxTaskRetryCount"] = 1;
  json["waitForSuccess"] = true;
  return json;
}

}  // namespace

Request create_pool(const NewPool& pool) {
  Request request = make(Method::post, {"/pools", pool_target(pool.id).object}, "creating", 201);
  request.body = dump({{"id", pool.id},
                       {"vmSize", pool.vm_size},
                       {"virtualMachineConfiguration",
                        {{"imageReference",
                          {{"publisher", pool.image.publisher},
                           {"offer", pool.image.offer},
                           {"sku", pool.image.sku},
                           {"version", pool.image.version}}},
                         {"nodeAgentSKUId", pool.image.node_agent}}},
                       {"targetDedicatedNodes", pool.nodes.dedicated},
                       {"targetLowPriorityNodes", pool.nodes.spot},
                       {"taskSlotsPerNode", pool.slots_per_node},
                       {"metadata", labels_json(pool.labels)}});
  return request;
}

Request get_pool(std::string_view pool) {
  return make(Method::get, pool_target(pool), "looking at", 200);
}

Request list_pools() {
  return make(Method::get, {"/pools", "pools of the Batch account"}, "listing", 200);
}

Request set_up_pool(std::string_view pool, const StartTask& task, const Labels& labels) {
  Request request = make(Method::patch, pool_target(pool), "setting up", 200);
  request.body = dump({{"startTask", start_task_json(task)}, {"metadata", labels_json(labels)}});
  return request;
}

Request resize_pool(std::string_view pool, const NodeCounts& nodes) {
  Request request = make(Method::post, pool_target(pool), "resizing", 202, "/resize");
  request.body =
      dump({{"targetDedicatedNodes", nodes.dedicated}, {"targetLowPriorityNodes", nodes.spot}});
  return request;
}

Request stop_resize(std::string_view pool) {
  return make(Method::post, pool_target(pool), "stopping the resize of", 202, "/stopresize");
}

Request delete_pool(std::string_view pool) {
  return make(Method::delete_, pool_target(pool), "deleting", 202);
}

Request list_nodes(std::string_view pool) {
  Request request = make(Method::get, pool_target(pool), "listing the nodes of", 200, "/nodes");
  add_query(request, "$select", "id,state,isDedicated,runningTaskSlotsCount,startTaskInfo");
  return request;
}

Request create_job(const NewJob& job) {
  Request request = make(Method::post, {"/jobs", job_target(job.id).object}, "creating", 201);
  request.body = dump({{"id", job.id},
                       {"poolInfo", {{"poolId", job.pool}}},
                       {"onAllTasksComplete", "noaction"},
                       {"onTaskFailure", "noaction"},
                       {"usesTaskDependencies", true},
                       {"metadata", labels_json(job.labels)}});
  return request;
}

Request get_job(std::string_view job) {
  return make(Method::get, job_target(job), "looking at", 200);
}

Request count_tasks(std::string_view job) {
  return make(Method::get, job_target(job), "counting the tasks of", 200, "/taskcounts");
}

Request add_tasks(std::string_view job, std::span<const NewTask> tasks) {
  Request request =
      make(Method::post, job_target(job), "adding tasks to", 200, "/addtaskcollection");
  Json list = Json::array();
  for (const NewTask& task : tasks) list.push_back(task_json(task));
  request.body = dump({{"value", std::move(list)}});
  return request;
}

Request get_task(std::string_view job, std::string_view task) {
  Request request = make(Method::get, task_target(job, task), "looking at", 200);
  add_query(request, "$select", kTaskFields);
  return request;
}

Request list_tasks(std::string_view job, Which which) {
  Request request = make(Method::get, job_target(job), "listing the tasks of", 200, "/tasks");
  if (which == Which::unfinished) {
    add_query(request, "$filter",
              "state eq 'active' or state eq 'preparing' or state eq 'running'");
  }
  add_query(request, "$select", kTaskFields);
  return request;
}

Request terminate_task(std::string_view job, std::string_view task) {
  return make(Method::post, task_target(job, task), "terminating", 204, "/terminate");
}

Request next_page(const Request& first, std::string path, std::string query) {
  Request next = first;
  next.path = std::move(path);
  next.query = std::move(query);
  return next;
}

}  // namespace aloft::batch
