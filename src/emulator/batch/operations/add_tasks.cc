// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/operations/operations.h"
#include "emulator/batch/shapes.h"
#include "emulator/batch/task_life.h"
#include "emulator/batch/task_settings.h"

namespace aloft::emulator::batch {

namespace {

/// An item of a collection on its way: a task, or why it is none.
struct Item {
  std::string id;
  Outcome<std::unique_ptr<Task>> task;
};

Outcome<JobTerms> terms_of_job(Call& call) {
  const auto state = call.account.lock();
  const Job* job = TRY(find_job(*state, call.argument(0)));
  TRY(check_takes_changes(*job));
  return terms_of(*job);
}

Outcome<Task*> add_if_new(State& state, Job& job, std::unique_ptr<Task> task) {
  if (job.tasks.find(task->id) != nullptr) return refuse(Refusal::task_exists);
  return &add_task(state, job, std::move(task));
}

std::string id_in(const Json& item) {
  const auto id = item.is_object() ? item.find("id") : item.end();
  return item.is_object() && id != item.end() && id->is_string() ? id->get<std::string>() : "";
}

std::vector<Item> make_items(Json& list, const JobTerms& terms, ApiVersion version) {
  std::vector<Item> items;
  items.reserve(list.size());
  for (Json& one : list) {
    std::string id = id_in(one);
    items.push_back({.id = std::move(id), .task = make_task(std::move(one), terms, version)});
  }
  return items;
}

void add_refused(JsonText& json, const std::string& id, const ServiceError& error) {
  json.open()
      .add("status", error.status < 500 ? "clienterror" : "servererror")
      .add("taskId", id)
      .add_json("error", text_of(error_view(error)))
      .close();
}

void add_added(JsonText& json, const Viewer& viewer, const Job& job, const Task& task) {
  json.open()
      .add("status", "success")
      .add("taskId", task.id)
      .add("eTag", format_etag(task.version()))
      .add("lastModified", format_iso_date(task.modified))
      .add("location", task_url(viewer, job, task))
      .close();
}

}  // namespace

Answer add_one_task(Call& call) {
  Json body = TRY(read_body(call));
  const JobTerms terms = TRY(terms_of_job(call));
  auto task = TRY(make_task(std::move(body), terms, call.viewer.version));
  const auto state = call.account.lock();
  Job& job = *TRY(find_job(*state, call.argument(0)));
  TRY(check_takes_changes(job));
  const Task& added = *TRY(add_if_new(*state, job, std::move(task)));
  http::Response response =
      changed_response(201, added.version(), task_url(call.viewer, job, added));
  call.account.schedule_and_wake(*state);
  return response;
}

Answer add_task_collection(Call& call) {
  // Reading and checking takes most of the time, so it is done before the account is locked.
  Json body = TRY(read_body(call, kTaskCollectionShape));
  const JobTerms terms = TRY(terms_of_job(call));
  std::vector<Item> items = make_items(body["value"], terms, call.viewer.version);
  JsonText json;
  json.open()
      .add("odata.metadata", call.viewer.base_url + "/$metadata#taskaddresult")
      .open_list("value");
  const auto state = call.account.lock();
  Job& job = *TRY(find_job(*state, call.argument(0)));
  TRY(check_takes_changes(job));
  for (Item& item : items) {
    auto added = item.task ? add_if_new(*state, job, std::move(*item.task))
                           : Outcome<Task*>(refuse(item.task.error()));
    if (added) {
      add_added(json, call.viewer, job, **added);
    } else {
      add_refused(json, item.id, added.error());
    }
  }
  call.account.schedule_and_wake(*state);
  return json_response(json.close_list().close().take());
}

}  // namespace aloft::emulator::batch
