// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/job_life.h"
#include "emulator/batch/operations/operations.h"
#include "emulator/batch/shapes.h"

namespace aloft::emulator::batch {

namespace {

Outcome<Job*> find_unchanged_job(const Call& call, const State& state) {
  Job* job = TRY(find_job(state, call.argument(0)));
  TRY(check_conditions(call.headers(), job->version(), false));
  return job;
}

/// What every action on a job ends with.
Answer acted(Call& call, State& state, const Job& job) {
  http::Response response = changed_response(202, job.version(), job_url(call.viewer, job));
  call.account.schedule_and_wake(state);
  return response;
}

tl::unexpected<ServiceError> refuse_state(const Job& job) {
  return refuse(Refusal::operation_invalid_for_current_state,
                "the job is " + std::string(name_of(job.state)));
}

DisableTasks parse_disable_tasks(std::string_view name) {
  if (name == "requeue") return DisableTasks::requeue;
  if (name == "terminate") return DisableTasks::terminate;
  return DisableTasks::wait;
}

void add_counts(JsonText& json, std::string_view name, const TaskCounts& counts) {
  json.open(name)
      .add("active", counts.active)
      .add("running", counts.running)
      .add("completed", counts.succeeded + counts.failed)
      .add("succeeded", counts.succeeded)
      .add("failed", counts.failed)
      .close();
}

}  // namespace

Answer delete_job(Call& call) {
  const auto state = call.account.lock();
  Job& job = *TRY(find_unchanged_job(call, *state));
  if (job.state == JobState::deleting) return refuse(Refusal::job_being_deleted);
  delete_job(*state, job);
  call.account.schedule_and_wake(*state);
  return empty_response(202);
}

Answer disable_job(Call& call) {
  const Json body = TRY(read_body(call, kJobDisableShape));
  const auto state = call.account.lock();
  Job& job = *TRY(find_unchanged_job(call, *state));
  TRY(check_takes_changes(job));
  if (job.state != JobState::disabled) {
    disable_job(*state, job, parse_disable_tasks(body["disableTasks"].get<std::string>()));
  }
  return acted(call, *state, job);
}

Answer enable_job(Call& call) {
  const auto state = call.account.lock();
  Job& job = *TRY(find_unchanged_job(call, *state));
  TRY(check_takes_changes(job));
  if (job.state != JobState::disabled) return refuse_state(job);
  enable_job(*state, job);
  return acted(call, *state, job);
}

Answer terminate_job(Call& call) {
  const Json body = TRY(read_body(call, kJobTerminateShape));
  const auto state = call.account.lock();
  Job& job = *TRY(find_unchanged_job(call, *state));
  TRY(check_takes_changes(job));
  terminate_job(*state, job, body.value("terminateReason", "UserTerminate"));
  return acted(call, *state, job);
}

Answer get_task_counts(Call& call) {
  const auto state = call.account.lock();
  const Job& job = *TRY(find_job(*state, call.argument(0)));
  JsonText json;
  json.open().add("odata.metadata", call.viewer.base_url + "/$metadata#taskcountsresult/@Element");
  add_counts(json, "taskCounts", job.counts);
  add_counts(json, "taskSlotCounts", job.slot_counts);
  return json_response(json.close().take());
}

Answer list_preparation_status(Call& call) {
  const auto state = call.account.lock();
  TRY(find_job(*state, call.argument(0)));
  return refuse(Refusal::job_preparation_task_not_specified);
}

}  // namespace aloft::emulator::batch
