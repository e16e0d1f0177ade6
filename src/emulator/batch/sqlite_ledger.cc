// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/sqlite_ledger.h"

#include "base/log/log.h"
#include "emulator/batch/rows.h"
#include "sqlite/schema.h"
#include "sqlite/transaction.h"

namespace aloft::emulator::batch {

namespace {

constexpr std::chrono::seconds kPauseAfterFailure{1};

constexpr const char* kSteps[] = {R"(
CREATE TABLE pool(id TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE job(number INTEGER PRIMARY KEY, document TEXT NOT NULL) STRICT;
CREATE TABLE task(job INTEGER NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL,
  settings TEXT NOT NULL, status TEXT NOT NULL, PRIMARY KEY(job, number)) STRICT, WITHOUT ROWID;
)"};

Result<void> load_pools(sqlite::Database& database, State& state) {
  auto rows = TRY(database.prepare("SELECT document FROM pool"));
  while (TRY(rows.step())) state.add(TRY(decode_pool(rows.text(0))));
  return {};
}

Result<void> load_jobs(sqlite::Database& database, State& state) {
  auto rows = TRY(database.prepare("SELECT document FROM job ORDER BY number"));
  while (TRY(rows.step())) state.add(TRY(decode_job(rows.text(0))));
  return {};
}

Result<void> load_tasks(sqlite::Database& database, State& state) {
  auto rows = TRY(
      database.prepare("SELECT job, number, id, settings, status FROM task ORDER BY job, number"));
  while (TRY(rows.step())) {
    Job* job = state.find_job(rows.number(0));
    if (job == nullptr) return fail(ErrorCode::corrupt, database.path() + " has a task of no job");
    auto task = std::make_unique<Task>();
    task->number = static_cast<std::uint32_t>(rows.number(1));
    task->id = rows.text(2);
    task->settings = rows.text(3);
    TRY(decode_status(rows.text(4), *task));
    job->tasks.add(std::move(task));
  }
  return {};
}

}  // namespace

/// Writes each kind of change; to be visited.
class SqliteLedger::Statements {
 public:
  static Result<std::unique_ptr<Statements>> prepare(sqlite::Database& database) {
    auto all = std::make_unique<Statements>();
    const auto set = [&](sqlite::Statement& statement, const char* sql) -> Result<void> {
      statement = TRY(database.prepare(sql));
      return {};
    };
    TRY(set(all->put_pool_, "INSERT OR REPLACE INTO pool(id, document) VALUES(?, ?)"));
    TRY(set(all->drop_pool_, "DELETE FROM pool WHERE id = ?"));
    TRY(set(all->put_job_, "INSERT OR REPLACE INTO job(number, document) VALUES(?, ?)"));
    TRY(set(all->drop_job_, "DELETE FROM job WHERE number = ?"));
    TRY(set(all->drop_tasks_, "DELETE FROM task WHERE job = ?"));
    TRY(set(all->put_task_,
            "INSERT INTO task(job, number, id, settings, status) VALUES(?, ?, ?, ?, ?)"));
    TRY(set(all->put_status_, "UPDATE task SET status = ?3 WHERE job = ?1 AND number = ?2"));
    TRY(set(all->drop_task_, "DELETE FROM task WHERE job = ? AND number = ?"));
    return all;
  }

  Result<void> operator()(const PutPool& change) {
    return put_pool_.bind(1, change.id).bind(2, change.document).run();
  }
  Result<void> operator()(const DropPool& change) { return drop_pool_.bind(1, change.id).run(); }
  Result<void> operator()(const PutJob& change) {
    return put_job_.bind(1, change.number).bind(2, change.document).run();
  }
  Result<void> operator()(const DropJob& change) {
    TRY(drop_job_.bind(1, change.number).run());
    return drop_tasks_.bind(1, change.number).run();
  }
  Result<void> operator()(const PutTask& change) {
    return put_task_.bind(1, change.job)
        .bind(2, change.number)
        .bind(3, change.id)
        .bind(4, change.settings)
        .bind(5, change.status)
        .run();
  }
  Result<void> operator()(const PutTaskStatus& change) {
    return put_status_.bind(1, change.job).bind(2, change.number).bind(3, change.status).run();
  }
  Result<void> operator()(const DropTask& change) {
    return drop_task_.bind(1, change.job).bind(2, change.number).run();
  }

 private:
  sqlite::Statement put_pool_, drop_pool_, put_job_, drop_job_, drop_tasks_;
  sqlite::Statement put_task_, put_status_, drop_task_;
};

SqliteLedger::SqliteLedger(sqlite::Database database) : database_(std::move(database)) {}

SqliteLedger::~SqliteLedger() {
  queue_.lock()->ended = true;
  queue_changed_.notify_all();
  if (writer_.joinable()) writer_.join();
}

Result<std::unique_ptr<SqliteLedger>> SqliteLedger::open(const std::string& path) {
  auto database = TRY(sqlite::Database::open(path, sqlite::Sync::full));
  TRY(sqlite::migrate(database, kSteps));
  std::unique_ptr<SqliteLedger> ledger(new SqliteLedger(std::move(database)));
  ledger->statements_ = TRY(Statements::prepare(ledger->database_));
  return ledger;
}

Result<void> SqliteLedger::load(State& state) {
  TRY(load_pools(database_, state));
  TRY(load_jobs(database_, state));
  return load_tasks(database_, state);
}

void SqliteLedger::start() {
  writer_ = std::thread([this] { write_all(); });
}

void SqliteLedger::add(Change change) {
  const auto queue = queue_.lock();
  queue->changes.push_back(std::move(change));
  ++queue->added;
  queue_changed_.notify_one();
}

Result<void> SqliteLedger::wait(std::uint64_t position) {
  auto queue = queue_.lock();
  kept_changed_.wait(queue.mutex_lock(),
                     [&] { return queue->kept >= position || queue->failure || queue->ended; });
  if (queue->kept >= position) return {};
  if (queue->failure) return fail(*queue->failure);
  return fail(ErrorCode::unavailable, "the emulator stops");
}

void SqliteLedger::write_all() {
  std::vector<Change> batch;
  for (;;) {
    auto queue = queue_.lock();
    queue_changed_.wait(queue.mutex_lock(),
                        [&] { return !queue->changes.empty() || queue->ended; });
    std::ranges::move(queue->changes, std::back_inserter(batch));
    queue->changes.clear();
    if (batch.empty()) return;
    queue.mutex_lock().unlock();
    const auto written = write(batch);
    queue.mutex_lock().lock();
    if (written) {
      queue->kept += batch.size();
      queue->failure.reset();
      batch.clear();
    } else {
      log(LogLevel::error, "the Batch account cannot be kept: {}", written.error().message);
      queue->failure = written.error();
    }
    kept_changed_.notify_all();
    if (written) continue;
    if (queue->ended) return;
    queue_changed_.wait_for(queue.mutex_lock(), kPauseAfterFailure, [&] { return queue->ended; });
  }
}

Result<void> SqliteLedger::write(const std::vector<Change>& batch) {
  auto transaction = TRY(sqlite::Transaction::begin(database_));
  for (const Change& change : batch) TRY(std::visit(*statements_, change));
  return transaction.commit();
}

}  // namespace aloft::emulator::batch
