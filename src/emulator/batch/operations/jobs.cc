// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "emulator/batch/job_life.h"
#include "emulator/batch/operations/operations.h"
#include "emulator/batch/shapes.h"
#include "emulator/batch/task_settings.h"

namespace aloft::emulator::batch {

namespace {

constexpr std::array<std::string_view, 10> kProperties{"id",
                                                       "state",
                                                       "creationTime",
                                                       "lastModified",
                                                       "stateTransitionTime",
                                                       "previousState",
                                                       "executionInfo/startTime",
                                                       "executionInfo/endTime",
                                                       "executionInfo/poolId",
                                                       "priority"};

FilterValue value_of(const Job& job, std::size_t property) {
  switch (property) {
    case 0:
      return job.id;
    case 1:
      return std::string(name_of(job.state));
    case 2:
    case 6:
      return job.created;
    case 3:
      return job.modified;
    case 4:
      return job.entered_state;
    case 5:
      if (job.entered_state == job.created) return {};
      return std::string(name_of(job.previous_state));
    case 7:
      if (!job.ended) return {};
      return *job.ended;
    case 8:
      return job.pool();
    default:
      return std::int64_t{job.priority()};
  }
}

/// What a job has where nobody set it; a PUT sets it back to this.
Json defaults() {
  return {{"priority", 0},
          {"maxParallelTasks", -1},
          {"allowTaskPreemption", false},
          {"constraints",
           {{"maxWallClockTime", format_duration(kUnlimited)}, {"maxTaskRetryCount", 0}}},
          {"onAllTasksComplete", "noaction"},
          {"onTaskFailure", "noaction"},
          {"usesTaskDependencies", false}};
}

void fill_in(Json& object, const Json& values) {
  for (const auto& [name, value] : values.items()) {
    if (!object.contains(name)) object[name] = value;
  }
}

void set_defaults(Json& settings) {
  const Json all = defaults();
  fill_in(settings, all);
  fill_in(settings["constraints"], all["constraints"]);
}

Outcome<void> check_pool_info(const Json& body) {
  const auto info = body.find("poolInfo");
  if (info == body.end()) return {};
  if (!info->contains("poolId")) {
    return refuse_property(Refusal::missing_required_property, "poolInfo.poolId", {}, {});
  }
  return check_id(info->at("poolId"), "poolInfo.poolId");
}

Outcome<void> check_parallel(const Json& body) {
  if (body.value("maxParallelTasks", -1) != 0) return {};
  return refuse_property(Refusal::invalid_property_value, "maxParallelTasks", "0",
                         "expected -1, for no limit, or a number above 0");
}

/// What a job must be like for a change.
Outcome<void> check_change(const Job& job, const Json& body) {
  TRY(check_takes_changes(job));
  if (body.contains("poolInfo") && body["poolInfo"].value("poolId", "") != job.pool() &&
      job.state != JobState::disabled) {
    return refuse(Refusal::operation_invalid_for_current_state,
                  "the pool of a job can be changed only while the job is disabled");
  }
  if (job.terminates_when_done() && body.value("onAllTasksComplete", "") == "noaction") {
    return refuse_property(Refusal::invalid_property_value, "onAllTasksComplete", "noaction",
                           "it is terminatejob, which cannot be taken back");
  }
  return {};
}

/// Of a body that may be a whole job as it was read, what can be changed.
Json changeable(const Json& body) {
  constexpr const char* kNames[] = {
      "priority", "maxParallelTasks", "allowTaskPreemption", "onAllTasksComplete", "constraints",
      "poolInfo", "metadata"};
  Json change = Json::object();
  for (const char* name : kNames) {
    if (const auto found = body.find(name); found != body.end()) change[name] = *found;
  }
  return change;
}

Answer change_job(Call& call, const Json& body, bool clears) {
  TRY(check_pool_info(body));
  TRY(check_parallel(body));
  const auto state = call.account.lock();
  Job& job = *TRY(find_job(*state, call.argument(0)));
  TRY(check_conditions(call.headers(), job.version(), false));
  TRY(check_change(job, body));
  const bool terminates = job.terminates_when_done();
  if (clears) {
    for (const char* name : {"priority", "maxParallelTasks", "allowTaskPreemption", "constraints",
                             "metadata", "onAllTasksComplete"}) {
      job.settings.erase(name);
    }
  }
  job.settings.update(changeable(body));
  if (terminates) job.settings["onAllTasksComplete"] = "terminatejob";
  set_defaults(job.settings);
  job.modified = state->now();
  state->save(job);
  call.account.schedule_and_wake(*state);
  return changed_response(200, job.version(), job_url(call.viewer, job));
}

}  // namespace

Answer add_job(Call& call) {
  Json body = TRY(read_body(call, kJobShape));
  TRY(check_id(body["id"], "id"));
  TRY(check_pool_info(body));
  TRY(check_parallel(body));
  const auto state = call.account.lock();
  if (const Job* present = state->find_job(body["id"].get<std::string>())) {
    return refuse(present->state == JobState::deleting ? Refusal::job_being_deleted
                                                       : Refusal::job_exists);
  }
  auto job = std::make_unique<Job>();
  job->id = body["id"];
  body.erase("id");
  set_defaults(body);
  job->settings = std::move(body);
  job->created = job->modified = job->entered_state = state->now();
  Job& added = state->add(std::move(job));
  state->save(added);
  http::Response response = changed_response(201, added.version(), job_url(call.viewer, added));
  call.account.schedule_and_wake(*state);
  return response;
}

Answer list_jobs(Call& call) {
  Listing listing = TRY(Listing::parse(call.target, kProperties));
  const auto state = call.account.lock();
  listing.offer_from(state->jobs(), value_of,
                     [&](const Job& job) { return job_view(call.viewer, job); });
  return json_response(listing.finish(call.viewer.base_url, "jobs"));
}

Answer get_job(Call& call) {
  const auto state = call.account.lock();
  const Job& job = *TRY(find_job(*state, call.argument(0)));
  return resource_response(call, job.version(), "jobs", job_view(call.viewer, job));
}

Answer patch_job(Call& call) {
  return change_job(call, TRY(read_body(call, kJobPatchShape)), false);
}

Answer update_job(Call& call) {
  return change_job(call, TRY(read_body(call, kJobUpdateShape)), true);
}

}  // namespace aloft::emulator::batch
