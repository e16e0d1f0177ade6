// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/observation.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "executor/azure_batch/at_once.h"
#include "http/endpoint.h"

namespace aloft::executor {
namespace {

using batch::Task;
using workload::TaskName;

std::uint64_t number_of(const Task& task) {
  std::uint64_t number = 0;
  std::from_chars(task.id.data(), task.id.data() + task.id.size(), number);
  return number;
}

std::vector<std::uint64_t> unfinished_of(const Observed& observed) {
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 0; i < observed.record.job.task_count(); ++i) {
    const std::uint64_t number = observed.record.id + i;
    if (!observed.records.exits.contains(number)) numbers.push_back(number);
  }
  return numbers;
}

/// The record of a task that left none. Batch has no more of it than this. `begun`: its command may
/// have run.
ExitRecord record_of_lost(const std::optional<Task>& task, bool begun, bool cancelled) {
  ExitRecord record{.exit_class = ExitClass::lost, .ended = std::chrono::system_clock::now()};
  if (!task) {
    record.message = "Azure Batch has no such task any more: its Batch job or task was deleted";
    return record;
  }
  record.started = task->started;
  record.node = task->node;
  if (task->ended) record.ended = *task->ended;
  if (cancelled) {
    record.exit_class = ExitClass::cancelled;
    record.message = "cancelled";
    return record;
  }
  if (!begun) record.exit_class = ExitClass::start_failed;
  record.message = begun ? "its node gave no account of its end" : "it could not be started";
  if (task->exit_code) record.message += fmt::format(" (code {})", *task->exit_code);
  if (task->failure) {
    record.message +=
        fmt::format("; Azure Batch: {} ({})", task->failure->message, task->failure->code);
  }
  return record;
}

/// Emulators, which are reached without TLS, come back on another port.
bool is_same_service(const std::string& one, const std::string& other) {
  if (one == other) return true;
  const auto a = http::parse_url(one), b = http::parse_url(other);
  return a && b && !a->endpoint.tls && !b->endpoint.tls && a->endpoint.host == b->endpoint.host;
}

}  // namespace

Result<std::shared_ptr<batch::BatchClient>> open_batch_of(const JobRecord& record,
                                                          const BatchOpener& open_batch) {
  auto client = TRY(open_batch(record.batch_account));
  if (is_same_service(record.batch_endpoint, client->endpoint())) return client;
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("job {} was given to the Batch account {} at {}, but {} is configured "
                  "here; configure that one",
                  record.id, record.batch_account, record.batch_endpoint, client->endpoint()));
}

Result<Observed> Observer::look(JobRecord record) {
  Observed observed{.record = std::move(record)};
  const workload::JobId id = observed.record.id;
  observed.records = TRY(home_.task_records(id, limits_));
  const Numbers unfinished = unfinished_of(observed);
  if (unfinished.empty()) return observed;
  observed.cancel_requests = TRY(home_.cancel_requests(id, limits_));
  TRY(ask_batch(observed, unfinished));
  Numbers unknown;
  for (const std::uint64_t number : unfinished) {
    if (!observed.in_batch.contains(number)) unknown.push_back(number);
  }
  if (!unknown.empty()) TRY(settle(observed, unknown));
  return observed;
}

Result<bool> Observer::is_submitting(workload::JobId id) {
  const auto submitting = TRY(home_.open_submissions(limits_));
  return std::ranges::count(submitting, id) > 0;
}

Result<batch::BatchClient*> Observer::client_of(const JobRecord& record) {
  auto& client = clients_[{record.batch_account, record.batch_endpoint}];
  if (!client) client = TRY(open_batch_of(record, open_batch_));
  return client.get();
}

/// Finds those that Batch has and that have not ended there.
Result<void> Observer::ask_batch(Observed& observed, const Numbers& unfinished) {
  if (unfinished.size() > few_) {
    const TasksByNumber& listed = *TRY(list_unfinished(observed.record));
    for (const std::uint64_t number : unfinished) {
      const auto found = listed.find(number);
      if (found != listed.end()) observed.in_batch.insert(*found);
    }
    return {};
  }
  few_ -= unfinished.size();
  const auto tasks = TRY(tasks_in_batch(observed.record, unfinished));
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i] && tasks[i]->state != Task::State::completed) {
      observed.in_batch.emplace(unfinished[i], *tasks[i]);
    }
  }
  return {};
}

Result<const Observer::TasksByNumber*> Observer::list_unfinished(const JobRecord& record) {
  batch::BatchClient* client = TRY(client_of(record));
  const auto [entry, is_new] =
      unfinished_.try_emplace(std::pair(record.batch_account, record.batch_job));
  if (!is_new) return &entry->second;
  auto tasks = client->tasks(record.batch_job, batch::Which::unfinished, limits_);
  if (!tasks && tasks.error().code != ErrorCode::not_found) {
    unfinished_.erase(entry);
    return fail(std::move(tasks).error());
  }
  if (tasks) {
    for (Task& task : *tasks) entry->second.emplace(number_of(task), std::move(task));
  }
  return &entry->second;
}

/// One by one, in the order of their numbers.
Result<std::vector<std::optional<Task>>> Observer::tasks_in_batch(const JobRecord& record,
                                                                  const Numbers& numbers) {
  batch::BatchClient* client = TRY(client_of(record));
  std::vector<std::optional<Task>> tasks(numbers.size());
  const auto ask = [&](std::size_t i) -> Result<void> {
    auto task = client->task(record.batch_job, std::to_string(numbers[i]), limits_);
    if (!task && task.error().code != ErrorCode::not_found) return fail(std::move(task).error());
    if (task) tasks[i] = std::move(*task);
    return {};
  };
  TRY(at_once(numbers.size(), ask));
  return tasks;
}

/// These have ended in Batch, or are not there.
Result<void> Observer::settle(Observed& observed, const Numbers& numbers) {
  // Before Batch is asked again: what Batch then lacks without this mark is gone.
  observed.submitting = TRY(is_submitting(observed.record.id));
  // What has ended since the records were read has left one, before it ended in Batch.
  observed.records = TRY(home_.task_records(observed.record.id, limits_));
  Numbers missing;
  for (const std::uint64_t number : numbers) {
    if (!observed.records.exits.contains(number)) missing.push_back(number);
  }
  const auto tasks = TRY(tasks_in_batch(observed.record, missing));
  for (std::size_t i = 0; i < missing.size(); ++i) TRY(settle(observed, missing[i], tasks[i]));
  return {};
}

Result<void> Observer::settle(Observed& observed, std::uint64_t number,
                              const std::optional<Task>& task) {
  if (!task && observed.submitting) return {};
  if (task && task->state != Task::State::completed) {
    observed.in_batch.emplace(number, *task);
    return {};
  }
  const TaskName name = TRY(observed.record.task_of(number));
  const bool cancelled =
      observed.cancel_requests.cover(name) || TRY(home_.cancel_requested(name, limits_));
  ExitRecord record = record_of_lost(task, observed.records.starts.contains(number), cancelled);
  const auto written = home_.write_exit(observed.record.id, number, record, limits_);
  if (!written && written.error().code == ErrorCode::already_exists) {
    const auto there = TRY(home_.exit(observed.record.id, number, limits_));
    if (there) record = *there;
  } else if (!written && written.error().code != ErrorCode::permission_denied) {
    return written;
  }
  observed.records.exits[number] = std::move(record);
  return {};
}

TaskStatus status_of(const Observed& observed, std::uint64_t number) {
  TaskStatus status{.name = observed.record.task_of(number).value(), .number = number};
  if (const auto start = observed.records.starts.find(number);
      start != observed.records.starts.end()) {
    status.attempt = start->second.attempt;
    status.started = start->second.started;
  }
  if (const auto exit = observed.records.exits.find(number); exit != observed.records.exits.end()) {
    status.phase = TaskPhase::ended;
    status.record = exit->second;
    return status;
  }
  status.cancel_requested = observed.cancel_requests.cover(status.name);
  const auto task = observed.in_batch.find(number);
  if (task == observed.in_batch.end()) return status;
  if (task->second.state == Task::State::running) {
    status.phase = TaskPhase::running;
    status.attempt = std::max(status.attempt, 1u);
    if (!status.started) status.started = task->second.started;
  } else {
    // A task whose node was lost waits again.
    status.started.reset();
  }
  return status;
}

}  // namespace aloft::executor
