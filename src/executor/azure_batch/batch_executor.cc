// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/batch_executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "azure/names/blob_uri.h"
#include "base/log/log.h"
#include "executor/azure_batch/at_once.h"
#include "executor/azure_batch/mapping.h"
#include "executor/azure_batch/service/add_tasks.h"
#include "executor/azure_batch/waiting.h"
#include "executor/azure_batch/waits.h"
#include "executor/supervisor/slurm_environment.h"
#include "executor/supervisor/task_output.h"

namespace aloft::executor {
namespace {

using workload::Diagnostic;
using workload::JobId;
using workload::TaskName;

/// Of a job that has no number yet.
constexpr JobId kLastId = std::numeric_limits<JobId>::max();
/// A label on Batch jobs: whose tasks they hold.
constexpr const char* kHomeLabel = "aloft-home";

/// Numbers of the tasks that a name selects: one element, or all.
Result<std::vector<std::uint64_t>> numbers_of(const JobRecord& record, const TaskName& name) {
  std::vector<std::uint64_t> numbers;
  if (name.index) {
    numbers.push_back(TRY(record.number_of(name)));
    return numbers;
  }
  for (std::size_t i = 0; i < record.job.task_count(); ++i) numbers.push_back(record.id + i);
  return numbers;
}

JobSummary summary_of(const Observed& observed) {
  JobSummary summary{.id = observed.record.id,
                     .name = observed.record.job.name,
                     .submitted = observed.record.submitted};
  for (std::size_t i = 0; i < observed.record.job.task_count(); ++i) {
    const TaskStatus task = status_of(observed, observed.record.id + i);
    if (task.phase == TaskPhase::waiting) {
      ++summary.waiting;
    } else if (task.phase == TaskPhase::running) {
      ++summary.running;
    } else if (task.record->exit_class == ExitClass::succeeded) {
      ++summary.succeeded;
    } else {
      ++summary.not_succeeded;
    }
  }
  return summary;
}

bool has_label(const batch::Pool& pool, const char* name, const std::string& value) {
  const auto found = pool.labels.find(name);
  return found != pool.labels.end() && found->second == value;
}

}  // namespace

Result<std::vector<Diagnostic>> BatchExecutor::validate(const workload::Job& job) {
  const Limits limits = this->limits();
  const auto client = TRY(options_.open_batch(""));
  const batch::Pool pool = TRY(client->pool(options_.pool, limits));
  auto found = check_job(job, pool);
  const auto waits =
      plan_waits(home_, kLastId, job, batch_job_id(home_.name(), options_.pool), limits);
  if (!waits && waits.error().code == ErrorCode::unsupported) {
    found.push_back({.message = waits.error().message});
  } else if (!waits && waits.error().code != ErrorCode::not_found &&
             waits.error().code != ErrorCode::invalid_argument) {
    return fail(waits.error());  // Unknown jobs and elements are for submit() to refuse.
  }
  return found;
}

Result<JobId> BatchExecutor::submit(const Submission& submission) {
  const Limits limits = this->limits();
  TRY(complete_submissions(limits));
  const auto client = TRY(options_.open_batch(""));
  JobRecord record = TRY(make_record(submission.job, *client));
  // All that can refuse the job comes before it exists.
  TRY(client->pool(record.pool, limits));
  TRY(plan_waits(home_, kLastId, record.job, record.batch_job, limits));
  TRY(home_.keep_bundle(options_.bundle, limits));
  TRY(have_job(*client, record, limits));
  record.id = TRY(home_.take_numbers(record.job.task_count(), limits));
  record.submitted = std::chrono::system_clock::now();
  if (auto created = home_.create_job(record, submission.script, limits); !created) {
    Error error = created.error();
    error.message +=
        fmt::format(" (job {0} may exist all the same; `aloft status {0}` tells)", record.id);
    return fail(std::move(error));
  }
  if (auto added = add_tasks(record, limits); !added) {
    Error error = added.error();
    error.code = ErrorCode::unavailable;  // Whatever it was, the job was not refused.
    error.message = fmt::format("job {} is kept, but {}. `aloft status {}` goes on with it",
                                record.id, error.message, record.id);
    return fail(std::move(error));
  }
  return record.id;
}

Result<JobRecord> BatchExecutor::make_record(const workload::Job& job,
                                             const batch::BatchClient& client) const {
  auto places = TRY(places_of(job));
  return JobRecord{.job = job,
                   .pool = options_.pool,
                   .batch_account = client.account_name(),
                   .batch_endpoint = client.endpoint(),
                   .batch_job = batch_job_id(home_.name(), options_.pool),
                   .bundle = options_.bundle.digest,
                   .accounts = std::move(places)};
}

/// The accounts that a job names, with that of the home.
Result<std::vector<AccountPlace>> BatchExecutor::places_of(const workload::Job& job) const {
  std::set<std::string> names;
  std::vector<std::string> texts{home_.name(), job.directory, job.output.to_text()};
  if (job.error) texts.push_back(job.error->to_text());
  for (const std::string& text : texts) {
    const std::string name = stored_name(text);
    if (!azure::looks_like_blob_uri(name)) continue;
    const auto uri = TRY(azure::parse_blob_uri(name));
    names.insert(uri.account);
  }
  std::vector<AccountPlace> places;
  for (const std::string& name : names) places.push_back(TRY(options_.place_of(name)));
  return places;
}

/// The job of Batch that holds the tasks of this home on this pool.
Result<void> BatchExecutor::have_job(batch::BatchClient& client, const JobRecord& record,
                                     const Limits& limits) const {
  return client.have_job(
      {.id = record.batch_job, .pool = record.pool, .labels = {{kHomeLabel, home_.name()}}},
      limits);
}

/// Gives the tasks of a job that exists to Batch; some may be there already.
Result<void> BatchExecutor::add_tasks(const JobRecord& record, const Limits& limits) {
  const auto client = TRY(open_batch_of(record, options_.open_batch));
  const batch::Pool pool = TRY(client->pool(record.pool, limits));
  if (pool.identities.empty()) {
    return fail(ErrorCode::unsupported,
                fmt::format("pool {} has no managed identity, by which its tasks would reach their "
                            "files",
                            pool.id));
  }
  const batch::Identity& identity = pool.identities.front();
  const auto home = TRY(azure::parse_blob_uri(home_.name()));
  const AccountPlace place = TRY(options_.place_of(home.account));
  auto waits = TRY(plan_waits(home_, record.id, record.job, record.batch_job, limits));
  const TaskPlan plan{.record = record,
                      .home = home_.name(),
                      .home_endpoint = place.endpoint,
                      .client_id = identity.client_id,
                      .bundle = {.digest = record.bundle,
                                 .url = fmt::format("{}/{}/{}", place.endpoint, home.container,
                                                    BatchHome::bundle_key(record.bundle)),
                                 .identity = identity.resource_id},
                      .bundle_on_nodes = has_label(pool, kBundleLabel, record.bundle),
                      .slots = slots_for(record.job.resources, pool),
                      .waits = std::move(waits)};
  const batch::TaskSource source{
      .count = record.job.task_count(),
      .make = [&plan](std::size_t position) { return map_task(plan, position); }};
  TRY(batch::add_all_tasks(*client, record.batch_job, source, limits));
  return home_.end_submission(record.id, limits);
}

/// Goes on with what dead submitters left; a living one is not disturbed by that.
Result<void> BatchExecutor::complete_submissions(const Limits& limits) {
  for (const JobId id : TRY(home_.open_submissions(limits))) {
    const auto record = home_.job(id, limits);
    if (!record && record.error().code == ErrorCode::not_found) {
      drop_submission(id, limits);
      continue;
    }
    if (!record) return fail(record.error());
    if (const auto added = complete(*record, limits); !added) {
      // It stays open; the job's own status says so.
      log(LogLevel::warning, "the submission of job {} is not complete: {}", id,
          added.error().message);
    }
  }
  return {};
}

/// Who may only look leaves it where it is.
void BatchExecutor::drop_submission(JobId id, const Limits& limits) {
  const auto dropped = home_.drop_submission(id, options_.submission_age_max, limits);
  if (!dropped && dropped.error().code != ErrorCode::permission_denied) {
    log(LogLevel::warning, "what a dead submitter left of job {} stays: {}", id,
        dropped.error().message);
  }
}

/// The Batch job may have been deleted since; tasks that have ended all, by a cancellation, need
/// none.
Result<void> BatchExecutor::complete(const JobRecord& record, const Limits& limits) {
  if (TRY(home_.has_ended(record, limits))) return home_.end_submission(record.id, limits);
  const auto client = TRY(open_batch_of(record, options_.open_batch));
  TRY(have_job(*client, record, limits));
  return add_tasks(record, limits);
}

Result<std::vector<JobSummary>> BatchExecutor::list() {
  const Limits limits = this->limits();
  TRY(complete_submissions(limits));
  Observer observer(home_, options_.open_batch, limits);
  observer.expect_many();
  std::vector<JobSummary> summaries;
  for (JobRecord& record : TRY(home_.jobs(limits))) {
    const Observed observed = TRY(observer.look(std::move(record)));
    summaries.push_back(summary_of(observed));
  }
  std::ranges::reverse(summaries);
  return summaries;
}

Result<JobStatus> BatchExecutor::status(JobId id) {
  const Limits limits = this->limits();
  TRY(complete_submissions(limits));
  Observer observer(home_, options_.open_batch, limits);
  JobRecord record = TRY(home_.job(id, limits));
  const Observed observed = TRY(observer.look(std::move(record)));
  std::vector<TaskStatus> tasks;
  for (std::size_t i = 0; i < observed.record.job.task_count(); ++i) {
    tasks.push_back(status_of(observed, id + i));
  }
  tasks = TRY(explained(observed, observer, std::move(tasks), limits));
  return JobStatus{.id = id,
                   .job = observed.record.job,
                   .submitted = observed.record.submitted,
                   .tasks = std::move(tasks)};
}

Result<std::vector<TaskStatus>> BatchExecutor::explained(const Observed& observed,
                                                         Observer& observer,
                                                         std::vector<TaskStatus> tasks,
                                                         const Limits& limits) {
  if (std::ranges::none_of(
          tasks, [](const TaskStatus& task) { return task.phase == TaskPhase::waiting; })) {
    return tasks;
  }
  const auto client = TRY(open_batch_of(observed.record, options_.open_batch));
  TRY(explain_waiting(home_, observer, *client, observed, tasks, limits));
  return tasks;
}

Result<std::vector<TaskStatus>> BatchExecutor::poll(std::span<const TaskName> tasks) {
  const Limits limits = this->limits();
  TRY(complete_submissions(limits));
  Observer observer(home_, options_.open_batch, limits);
  std::map<JobId, Observed> jobs;
  std::vector<TaskStatus> states;
  for (const TaskName& name : tasks) {
    if (!jobs.contains(name.job)) {
      JobRecord record = TRY(home_.job(name.job, limits));
      auto observed = TRY(observer.look(std::move(record)));
      jobs.emplace(name.job, std::move(observed));
    }
    const Observed& observed = jobs.at(name.job);
    const std::uint64_t number = TRY(observed.record.number_of(name));
    states.push_back(status_of(observed, number));
  }
  return states;
}

Result<std::size_t> BatchExecutor::cancel(const TaskName& name) {
  const Limits limits = this->limits();
  TRY(complete_submissions(limits));
  const JobRecord record = TRY(home_.job(name.job, limits));
  auto numbers = TRY(numbers_of(record, name));
  const auto exits = TRY(home_.exits(record.id, limits));
  std::erase_if(numbers, [&](std::uint64_t number) { return exits.contains(number); });
  if (numbers.empty()) return std::size_t{0};
  // First, so that whatever starts from now on knows it.
  TRY(home_.request_cancel(name, limits));
  return cancel_tasks(record, numbers, limits);
}

Result<std::size_t> BatchExecutor::cancel_tasks(const JobRecord& record,
                                                const std::vector<std::uint64_t>& numbers,
                                                const Limits& limits) {
  const auto client = TRY(open_batch_of(record, options_.open_batch));
  const auto terminate = [&](std::size_t i) -> Result<void> {
    TRY(client->terminate_task(record.batch_job, std::to_string(numbers[i]), limits));
    return {};
  };
  TRY(at_once(numbers.size(), terminate));
  // Those that have begun leave their own record after their grace.
  const TaskRecords records = TRY(home_.task_records(record.id, limits));
  const ExitRecord cancelled{.exit_class = ExitClass::cancelled,
                             .message = "cancelled before it started",
                             .ended = std::chrono::system_clock::now()};
  const auto note = [&](std::size_t i) -> Result<void> {
    const std::uint64_t number = numbers[i];
    if (records.starts.contains(number) || records.exits.contains(number)) return {};
    auto written = home_.write_exit(record.id, number, cancelled, limits);
    if (!written && written.error().code != ErrorCode::already_exists) return written;
    return {};
  };
  TRY(at_once(numbers.size(), note));
  return numbers.size();
}

Result<std::size_t> BatchExecutor::read_log(const TaskName& name, LogStream stream,
                                            std::uint64_t offset, std::span<std::byte> buffer) {
  const Limits limits = this->limits();
  const JobRecord record = TRY(home_.job(name.job, limits));
  const std::uint64_t number = TRY(record.number_of(name));
  const bool error = stream == LogStream::error;
  if (error && !record.job.error) {
    return fail(ErrorCode::not_found,
                fmt::format("task {} writes errors where its output goes; leave out --stderr",
                            to_text(name)));
  }
  const auto exit = TRY(home_.exit(record.id, number, limits));
  const TaskSpec spec{.job_id = record.id, .name = name, .number = number, .job = record.job};
  const NodeInfo node{.node = exit ? exit->node : ""};
  const OutputPlace place =
      TRY(place_output(error ? *record.job.error : record.job.output, spec, node, ""));
  if (place.container.empty()) {
    return fail(ErrorCode::not_found, fmt::format("the output {} of task {} was on its node only",
                                                  place.path, to_text(name)));
  }
  const auto uri = TRY(azure::parse_blob_uri(place.container));
  const auto account = TRY(options_.open_account(uri.account));
  const auto store = account->container(uri.container);
  const auto read =
      store->read({.key = place.key, .range = {offset, buffer.size()}}, buffer, limits);
  if (read) return read->size_bytes;
  if (read.error().code == ErrorCode::not_found && !exit) return std::size_t{0};
  return fail(read.error());
}

}  // namespace aloft::executor
