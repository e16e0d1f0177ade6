// SPDX-License-Identifier: Apache-2.0
#include "executor/local/job_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "sqlite/schema.h"
#include "workload/job_json.h"

namespace aloft::executor {
namespace {

using workload::Graph;
using workload::JobId;
using workload::TaskName;

constexpr const char* kMigrations[] = {
    R"sql(
    CREATE TABLE job (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL, submitted TEXT NOT NULL, is_array INTEGER NOT NULL,
      record TEXT NOT NULL, script BLOB NOT NULL) STRICT;
    CREATE TABLE task (
      number INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job(id), array_index INTEGER NOT NULL,
      phase INTEGER NOT NULL DEFAULT 0, succeeded INTEGER NOT NULL DEFAULT 0,
      attempt INTEGER NOT NULL DEFAULT 0, cancel INTEGER NOT NULL DEFAULT 0,
      started TEXT, record TEXT) STRICT;
    CREATE UNIQUE INDEX task_of_job ON task (job, array_index);
    CREATE INDEX unfinished_task ON task (job) WHERE phase < 2;
    )sql"};

tl::unexpected<Error> no_such_job(const TaskName& name) {
  return fail(ErrorCode::not_found,
              fmt::format("there is no job {}; `aloft jobs` lists all", to_text(name)));
}

Result<StoredTask> read_task(const sqlite::Statement& row, JobId id, bool array) {
  StoredTask task{.name = {.job = id}, .number = row.number(0)};
  if (array) task.name.index = static_cast<std::uint32_t>(row.number(1));
  task.phase = static_cast<TaskPhase>(row.number(2));
  task.attempt = static_cast<std::uint32_t>(row.number(3));
  task.cancel_requested = row.number(4) != 0 && task.phase != TaskPhase::ended;
  if (!row.is_null(5)) task.started = TRY(parse_time(row.text(5)));
  if (!row.is_null(6)) task.record = TRY(exit_record_from_json(row.text(6)));
  return task;
}

constexpr std::string_view kTaskColumns =
    "SELECT number, array_index, phase, attempt, cancel, started, record FROM task ";

}  // namespace

Result<JobStore> JobStore::open(const std::string& path, sqlite::Sync sync) {
  auto database = TRY(sqlite::Database::open(path, sync));
  TRY(sqlite::migrate(database, kMigrations));
  return JobStore(std::move(database));
}

Result<JobId> JobStore::submit(const Submission& submission) {
  const workload::Job& job = submission.job;
  sqlite::Transaction transaction = TRY(begin());
  auto last = TRY(database_.prepare("SELECT coalesce(max(number), 0) FROM task"));
  TRY(last.step());
  const JobId id = last.number(0) + 1;
  last.reset();
  TRY(check_dependencies(id, job));
  auto insert_job = TRY(database_.prepare("INSERT INTO job VALUES (?, ?, ?, ?, ?, ?)"));
  TRY(insert_job.bind(1, id)
          .bind(2, job.name)
          .bind(3, format_time(std::chrono::system_clock::now()))
          .bind(4, job.array.has_value())
          .bind(5, workload::to_json(job))
          .bind(6, std::as_bytes(std::span(submission.script)))
          .run());
  auto insert_task =
      TRY(database_.prepare("INSERT INTO task (number, job, array_index) VALUES (?, ?, ?)"));
  for (std::size_t position = 0; position < job.task_count(); ++position) {
    TRY(insert_task.bind(1, id + position)
            .bind(2, id)
            .bind(3, job.array ? job.array->indices[position] : 0)
            .run());
  }
  TRY(transaction.commit());
  return id;
}

Result<void> JobStore::check_dependencies(JobId id, const workload::Job& job) {
  Graph graph;
  for (const workload::Dependency& term : job.dependencies.terms) {
    if (term.kind == workload::Dependency::Kind::singleton || graph.contains(term.on.job)) continue;
    const auto on = this->job(term.on.job);
    if (!on && on.error().code == ErrorCode::not_found) continue;  // add() says so.
    if (!on) return fail(on.error());
    workload::Job without = on->job;
    without.dependencies = {};
    TRY(graph.add(term.on.job, without));
  }
  return graph.add(id, job);
}

Result<std::string> JobStore::script(JobId id) {
  auto query = TRY(database_.prepare("SELECT script FROM job WHERE id = ?"));
  if (!TRY(query.bind(1, id).step())) return no_such_job({.job = id});
  return std::string(query.text(0));
}

Result<std::vector<JobSummary>> JobStore::list() {
  auto query = TRY(database_.prepare(
      "SELECT job.id, job.name, job.submitted, sum(phase = 0), sum(phase = 1), "
      "sum(phase = 2 AND succeeded), sum(phase = 2 AND NOT succeeded) "
      "FROM job JOIN task ON task.job = job.id GROUP BY job.id ORDER BY job.id DESC"));
  std::vector<JobSummary> jobs;
  while (TRY(query.step())) {
    const auto submitted = TRY(parse_time(query.text(2)));
    jobs.push_back({.id = query.number(0),
                    .name = std::string(query.text(1)),
                    .submitted = submitted,
                    .waiting = query.number(3),
                    .running = query.number(4),
                    .succeeded = query.number(5),
                    .not_succeeded = query.number(6)});
  }
  return jobs;
}

Result<StoredJob> JobStore::job(JobId id) {
  auto query = TRY(database_.prepare("SELECT record, submitted FROM job WHERE id = ?"));
  if (!TRY(query.bind(1, id).step())) return no_such_job({.job = id});
  StoredJob stored{.id = id, .job = {}, .submitted = {}};
  stored.job = TRY(workload::job_from_json(query.text(0)));
  stored.submitted = TRY(parse_time(query.text(1)));
  stored.tasks = TRY(tasks_of(id, stored.job.array.has_value()));
  return stored;
}

Result<std::vector<StoredTask>> JobStore::tasks_of(JobId id, bool array) {
  auto query = TRY(database_.prepare(std::string(kTaskColumns) + "WHERE job = ? ORDER BY number"));
  query.bind(1, id);
  std::vector<StoredTask> tasks;
  while (TRY(query.step())) tasks.push_back(TRY(read_task(query, id, array)));
  return tasks;
}

Result<StoredTask> JobStore::task(const TaskName& name) {
  auto kind = TRY(database_.prepare("SELECT is_array FROM job WHERE id = ?"));
  if (!TRY(kind.bind(1, name.job).step())) return no_such_job(name);
  const bool array = kind.number(0) != 0;
  auto query =
      TRY(database_.prepare(std::string(kTaskColumns) + "WHERE job = ? AND array_index = ?"));
  query.bind(1, name.job).bind(2, name.index.value_or(0));
  if (array != name.index.has_value() || !TRY(query.step())) return no_such_job(name);
  return read_task(query, name.job, array);
}

Result<std::vector<JobId>> JobStore::unfinished_jobs(JobId after) {
  auto query = TRY(
      database_.prepare("SELECT DISTINCT job FROM task WHERE phase < 2 AND job > ? ORDER BY job"));
  query.bind(1, after);
  std::vector<JobId> ids;
  while (TRY(query.step())) ids.push_back(query.number(0));
  return ids;
}

Result<JobId> JobStore::last_job() {
  auto query = TRY(database_.prepare("SELECT coalesce(max(id), 0) FROM job"));
  TRY(query.step());
  return query.number(0);
}

Result<std::uint64_t> JobStore::unfinished_task_count() {
  auto query = TRY(database_.prepare("SELECT count(*) FROM task WHERE phase < 2"));
  TRY(query.step());
  return query.number(0);
}

Result<void> JobStore::mark_running(std::uint64_t number, std::uint32_t attempt,
                                    std::chrono::system_clock::time_point time) {
  auto update = TRY(
      database_.prepare("UPDATE task SET phase = 1, attempt = ?, started = ? WHERE number = ?"));
  return update.bind(1, attempt).bind(2, format_time(time)).bind(3, number).run();
}

Result<void> JobStore::mark_waiting(std::uint64_t number) {
  auto update =
      TRY(database_.prepare("UPDATE task SET phase = 0, started = NULL WHERE number = ?"));
  return update.bind(1, number).run();
}

Result<void> JobStore::mark_ended(std::uint64_t number, const ExitRecord& record) {
  auto update = TRY(database_.prepare(
      "UPDATE task SET phase = 2, succeeded = ?, record = ? WHERE number = ? AND phase < 2"));
  const bool succeeded = record.exit_class == ExitClass::succeeded;
  return update.bind(1, succeeded).bind(2, to_json(record)).bind(3, number).run();
}

Result<std::size_t> JobStore::request_cancel(const TaskName& name) {
  sqlite::Transaction transaction = TRY(begin());
  std::string where = "WHERE job = ? AND phase < 2";
  if (name.index) {
    TRY(task(name));
    where += fmt::format(" AND array_index = {}", *name.index);
  } else {
    TRY(script(name.job));
  }
  auto count = TRY(database_.prepare("SELECT count(*) FROM task " + where));
  TRY(count.bind(1, name.job).step());
  const std::size_t selected = count.number(0);
  count.reset();
  auto update = TRY(database_.prepare("UPDATE task SET cancel = 1 " + where));
  TRY(update.bind(1, name.job).run());
  TRY(transaction.commit());
  return selected;
}

Result<std::vector<TaskName>> JobStore::cancel_requests() {
  auto query = TRY(database_.prepare(
      "SELECT job.id, is_array, array_index FROM task JOIN job ON job.id = task.job "
      "WHERE phase < 2 AND cancel = 1 ORDER BY number"));
  std::vector<TaskName> names;
  while (TRY(query.step())) {
    TaskName name{.job = query.number(0)};
    if (query.number(1) != 0) name.index = static_cast<std::uint32_t>(query.number(2));
    names.push_back(name);
  }
  return names;
}

Result<std::uint64_t> JobStore::data_version() {
  auto query = TRY(database_.prepare("PRAGMA data_version"));
  TRY(query.step());
  return query.number(0);
}

Result<void> add_to_graph(JobStore& store, const StoredJob& stored, Graph& graph) {
  if (graph.contains(stored.id)) return {};
  workload::Job job = stored.job;
  // Of a job that has ended only the end matters, not what it once waited for.
  if (std::all_of(stored.tasks.begin(), stored.tasks.end(),
                  [](const StoredTask& task) { return task.phase == TaskPhase::ended; })) {
    job.dependencies = {};
  }
  for (const workload::Dependency& term : job.dependencies.terms) {
    if (term.kind == workload::Dependency::Kind::singleton || graph.contains(term.on.job)) continue;
    const StoredJob on = TRY(store.job(term.on.job));
    TRY(add_to_graph(store, on, graph));
  }
  TRY(graph.add(stored.id, job));
  for (const StoredTask& task : stored.tasks) {
    if (task.started) graph.start(task.name, *task.started);
    if (task.phase == TaskPhase::ended) {
      graph.end(task.name, task.record ? task.record->exit_class : ExitClass::lost);
    }
  }
  return {};
}

}  // namespace aloft::executor
