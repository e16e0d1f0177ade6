// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/internal/journal.h"

#include <unistd.h>

#include <cerrno>

#include "base/log/log.h"
#include "emulator/blob/internal/journal_rows.h"
#include "emulator/blob/internal/row_writer.h"
#include "sqlite/schema.h"
#include "sqlite/transaction.h"

namespace aloft::emulator::blob {

namespace {

constexpr const char* kMigrations[] = {R"(
CREATE TABLE container(id INTEGER PRIMARY KEY, name TEXT NOT NULL, etag INTEGER NOT NULL,
  modified_at INTEGER NOT NULL, metadata TEXT NOT NULL) STRICT;
CREATE TABLE blob(container_id INTEGER NOT NULL, name TEXT NOT NULL, etag INTEGER NOT NULL,
  created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL, attributes TEXT NOT NULL,
  metadata TEXT NOT NULL, blocks BLOB NOT NULL, PRIMARY KEY(container_id, name)) STRICT;
CREATE TABLE staged(container_id INTEGER NOT NULL, blob TEXT NOT NULL, block_id BLOB NOT NULL,
  staged_at INTEGER NOT NULL, block BLOB NOT NULL,
  PRIMARY KEY(container_id, blob, block_id)) STRICT;
CREATE TABLE content(id INTEGER PRIMARY KEY, size INTEGER NOT NULL, bytes BLOB) STRICT;
)",
                                       R"(
CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
)",
                                       R"(
ALTER TABLE container ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';
CREATE TABLE item(container_id INTEGER NOT NULL, name TEXT NOT NULL, key INTEGER NOT NULL,
  etag INTEGER NOT NULL, created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL,
  attributes TEXT NOT NULL, metadata TEXT NOT NULL, content BLOB NOT NULL,
  PRIMARY KEY(container_id, name, key)) STRICT;
INSERT INTO item SELECT container_id, name, 0, etag, created_at, modified_at, attributes, metadata,
  blocks FROM blob;
DROP TABLE blob;
ALTER TABLE item RENAME TO blob;
CREATE TABLE edit(container_id INTEGER NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL,
  start INTEGER NOT NULL, length INTEGER NOT NULL, extents BLOB NOT NULL,
  PRIMARY KEY(container_id, name, number)) STRICT, WITHOUT ROWID;
)"};

}  // namespace

struct Journal::Pending {
  Change change;
  std::optional<Result<bool>> result{};
};

Result<std::unique_ptr<Journal>> Journal::open(std::shared_ptr<ContentHome> home) {
  auto database = TRY(sqlite::Database::open(home->database_path, sqlite::Sync::full));
  TRY(sqlite::migrate(database, kMigrations));
  std::unique_ptr<Journal> journal(new Journal(std::move(home), std::move(database)));
  journal->statements_ = TRY(RowStatements::prepare(journal->database_));
  return journal;
}

Journal::Journal(std::shared_ptr<ContentHome> home, sqlite::Database database)
    : home_(std::move(home)), database_(std::move(database)) {}

Journal::~Journal() {
  queue_.lock()->ended = true;
  queue_changed_.notify_one();
  if (writer_.joinable()) writer_.join();
}

void Journal::start(Index& index) {
  writer_ = std::thread([this, &index] { write_all(index); });
}

Result<bool> Journal::commit(Change change) {
  Pending pending{.change = std::move(change)};
  auto queue = queue_.lock();
  CHECK(!queue->ended);
  queue->changes.push_back(&pending);
  queue_changed_.notify_one();
  change_done_.wait(queue.mutex_lock(), [&] { return pending.result.has_value(); });
  return std::move(*pending.result);
}

void Journal::forget(std::uint64_t content_id) {
  queue_.lock()->forgotten.push_back(content_id);
  queue_changed_.notify_one();
}

void Journal::write_all(Index& index) {
  for (;;) {
    std::deque<Pending*> batch;
    std::vector<std::uint64_t> forgotten;
    {
      auto queue = queue_.lock();
      // Rows to forget can wait for the next change; only at the end they are a batch of their own.
      queue_changed_.wait(queue.mutex_lock(),
                          [&] { return !queue->changes.empty() || queue->ended; });
      batch.swap(queue->changes);
      forgotten.swap(queue->forgotten);
      if (batch.empty() && forgotten.empty()) return;
    }
    write_batch(index, batch, forgotten);
    // Rows that stay at the end go at the next start.
    if (batch.empty()) return;
  }
}

void Journal::write_batch(Index& index, const std::deque<Pending*>& batch,
                          const std::vector<std::uint64_t>& forgotten) {
  const auto written = write_transaction(batch, forgotten);
  if (!written) {
    log(LogLevel::error, "the journal: {}", written.error().message);
    if (!forgotten.empty()) {
      // With the next batch.
      auto queue = queue_.lock();
      queue->forgotten.insert(queue->forgotten.end(), forgotten.begin(), forgotten.end());
    }
    // One change may be too large for the disk where the others are not.
    if (batch.size() > 1 || !forgotten.empty()) {
      for (Pending* pending : batch) write_batch(index, {pending}, {});
      return;
    }
  }
  for (Pending* pending : batch) {
    Result<bool> result =
        written ? Result<bool>(index.apply(pending->change)) : Result<bool>(fail(written.error()));
    pending->change = DropStaged{};  // Frees what it holds here rather than under the lock.
    const auto queue = queue_.lock();
    pending->result = std::move(result);
  }
  change_done_.notify_all();
}

Result<void> Journal::write_transaction(const std::deque<Pending*>& batch,
                                        const std::vector<std::uint64_t>& forgotten) {
  RowWriter rows(*statements_);
  const auto write = [&]() -> Result<void> {
    auto transaction = TRY(sqlite::Transaction::begin(database_));
    for (const Pending* pending : batch) TRY(std::visit(rows, pending->change));
    for (const std::uint64_t id : forgotten) TRY(rows.forget_content(id));
    // Each file is synced by who wrote it; that it has a name is for us to sync, once for all.
    if (rows.has_new_files() && ::fsync(home_->directory_handle.get()) != 0) {
      return fail_os(errno, "cannot sync " + home_->directory);
    }
    return transaction.commit();
  };
  auto written = write();
  if (written) {
    rows.mark_recorded();
  } else {
    rows.mark_forgotten();
  }
  return written;
}

}  // namespace aloft::emulator::blob
