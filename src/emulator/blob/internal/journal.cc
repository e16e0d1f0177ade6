// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/internal/journal.h"

#include <unistd.h>

#include <cerrno>

#include "base/log/log.h"
#include "emulator/blob/internal/journal_rows.h"
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

std::int64_t seconds(Seconds time) {
  return time.time_since_epoch().count();
}

}  // namespace

struct Journal::Pending {
  Change change;
  std::optional<Result<bool>> result{};
};

struct Journal::Statements {
  sqlite::Statement put_container, drop_container, drop_container_blobs, drop_container_edits,
      drop_container_staged;
  sqlite::Statement put_blob, update_blob, drop_blob, put_edit, drop_edits;
  sqlite::Statement stage_block, drop_staged;
  sqlite::Statement put_content, forget_content, put_setting;

  static Result<std::unique_ptr<Statements>> prepare(sqlite::Database& database) {
    auto all = std::make_unique<Statements>();
    const std::pair<sqlite::Statement*, const char*> texts[] = {
        {&all->put_container,
         "INSERT OR REPLACE INTO container(id, name, etag, modified_at, metadata, attributes) "
         "VALUES(?, ?, ?, ?, ?, ?)"},
        {&all->drop_container, "DELETE FROM container WHERE id = ?"},
        {&all->drop_container_blobs, "DELETE FROM blob WHERE container_id = ?"},
        {&all->drop_container_edits, "DELETE FROM edit WHERE container_id = ?"},
        {&all->drop_container_staged, "DELETE FROM staged WHERE container_id = ?"},
        {&all->put_blob,
         "INSERT OR REPLACE INTO blob(etag, created_at, modified_at, attributes, metadata, "
         "container_id, name, key, content) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&all->update_blob,
         "UPDATE blob SET etag = ?, created_at = ?, modified_at = ?, attributes = ?, metadata = ? "
         "WHERE container_id = ? AND name = ? AND key = ?"},
        {&all->drop_blob, "DELETE FROM blob WHERE container_id = ? AND name = ? AND key = ?"},
        {&all->put_edit,
         "INSERT OR REPLACE INTO edit(container_id, name, number, start, length, extents) "
         "VALUES(?, ?, ?, ?, ?, ?)"},
        {&all->drop_edits, "DELETE FROM edit WHERE container_id = ? AND name = ?"},
        {&all->stage_block,
         "INSERT OR REPLACE INTO staged(container_id, blob, block_id, staged_at, block) "
         "VALUES(?, ?, ?, ?, ?)"},
        {&all->drop_staged, "DELETE FROM staged WHERE container_id = ? AND blob = ?"},
        {&all->put_content, "INSERT INTO content(id, size, bytes) VALUES(?, ?, ?)"},
        {&all->forget_content, "DELETE FROM content WHERE id = ?"},
        {&all->put_setting, "INSERT OR REPLACE INTO setting(name, value) VALUES(?, ?)"},
    };
    for (const auto& [statement, text] : texts) *statement = TRY(database.prepare(text));
    return all;
  }
};

/// Writes changes as rows within one transaction, and remembers which contents it made known.
class Journal::RowWriter {
 public:
  explicit RowWriter(Statements& statements) : statements_(statements) {}

  Result<void> operator()(const PutContainer& change) {
    const Container& container = change.container;
    const std::string metadata = encode_metadata(container.metadata);
    const std::string attributes = encode_container_attributes(container);
    return statements_.put_container.bind(1, container.id)
        .bind(2, container.name)
        .bind(3, container.etag)
        .bind(4, seconds(container.modified_at))
        .bind(5, metadata)
        .bind(6, attributes)
        .run();
  }

  Result<void> operator()(const DropContainer& change) {
    const std::uint64_t id = change.container.id;
    TRY(statements_.drop_container.bind(1, id).run());
    TRY(statements_.drop_container_blobs.bind(1, id).run());
    TRY(statements_.drop_container_edits.bind(1, id).run());
    return statements_.drop_container_staged.bind(1, id).run();
  }

  Result<void> operator()(const ChangeBlob& change) {
    for (const BlobItem& item : change.items) TRY(write_item(change, item));
    if (change.keeps_staged) return {};
    return drop_staged(change.container.id, change.name);
  }

  Result<void> operator()(const StageBlock& change) {
    const std::span<const Block> block(&change.block, 1);
    TRY(record_contents(change.block.slices));
    const std::vector<std::byte> encoded = encode_blocks(block);
    return statements_.stage_block.bind(1, change.container.id)
        .bind(2, change.blob_name)
        .bind(3, std::as_bytes(std::span(change.block.id)))
        .bind(4, seconds(change.staged_at))
        .bind(5, encoded)
        .run();
  }

  Result<void> operator()(const DropStaged& change) {
    return drop_staged(change.container.id, change.blob_name);
  }

  Result<void> operator()(const PutServiceProperties& change) {
    const std::string document = service_properties_document(*change.properties);
    return statements_.put_setting.bind(1, kServicePropertiesSetting).bind(2, document).run();
  }

  Result<void> forget_content(std::uint64_t id) {
    return statements_.forget_content.bind(1, id).run();
  }

  bool has_new_files() const { return has_new_files_; }

  /// Once the transaction is on disk.
  void mark_recorded() {
    for (const StoredContent* content : recorded_) content->pending = {};
  }
  /// Once it is rolled back.
  void mark_forgotten() {
    for (const StoredContent* content : recorded_) content->recorded = false;
  }

 private:
  Result<void> drop_staged(std::uint64_t container_id, std::string_view blob) {
    return statements_.drop_staged.bind(1, container_id).bind(2, blob).run();
  }

  Result<void> drop_edits(const ChangeBlob& change) {
    return statements_.drop_edits.bind(1, change.container.id).bind(2, change.name).run();
  }

  Result<void> write_item(const ChangeBlob& change, const BlobItem& item) {
    using enum ContentChange::Kind;
    if (!item.blob) {
      TRY(statements_.drop_blob.bind(1, change.container.id)
              .bind(2, change.name)
              .bind(3, item.key)
              .run());
      return item.key == 0 ? drop_edits(change) : Result<void>();
    }
    if (item.content.kind == replaced) return write_whole(change, item);
    TRY(bind_columns(statements_.update_blob, change, item).run());
    return item.content.kind == range ? write_edit(change, item) : Result<void>();
  }

  /// The parameters that both ways of writing a row begin with.
  static sqlite::Statement& bind_columns(sqlite::Statement& statement, const ChangeBlob& change,
                                         const BlobItem& item) {
    const Blob& blob = *item.blob;
    return statement.bind(1, blob.etag)
        .bind(2, seconds(blob.created_at))
        .bind(3, seconds(blob.modified_at))
        .bind(4, encode_attributes(blob))
        .bind(5, encode_metadata(blob.metadata))
        .bind(6, change.container.id)
        .bind(7, change.name)
        .bind(8, item.key);
  }

  Result<void> write_whole(const ChangeBlob& change, const BlobItem& item) {
    const Blob& blob = *item.blob;
    std::vector<SliceMap::Extent> extents;
    blob.extents.visit([&](const SliceMap::Extent& extent) { extents.push_back(extent); });
    for (const Block& block : blob.block_list()) TRY(record_contents(block.slices));
    for (const SliceMap::Extent& extent : extents) TRY(record_content(extent.slice));
    const std::vector<std::byte> content =
        blob.type == BlobType::block ? encode_blocks(blob.block_list()) : encode_extents(extents);
    TRY(bind_columns(statements_.put_blob, change, item).bind(9, content).run());
    return item.key == 0 ? drop_edits(change) : Result<void>();
  }

  Result<void> write_edit(const ChangeBlob& change, const BlobItem& item) {
    const ContentChange& content = item.content;
    TRY(record_contents(content.slices));
    std::vector<SliceMap::Extent> extents;
    std::uint64_t offset = content.offset;
    for (const Slice& slice : content.slices) {
      extents.push_back({.offset = offset, .slice = slice});
      offset += slice.length_bytes;
    }
    const std::vector<std::byte> encoded = encode_extents(extents);
    return statements_.put_edit.bind(1, change.container.id)
        .bind(2, change.name)
        .bind(3, item.blob->edits)
        .bind(4, content.offset)
        .bind(5, content.length_bytes)
        .bind(6, encoded)
        .run();
  }

  Result<void> record_contents(std::span<const Slice> slices) {
    for (const Slice& slice : slices) TRY(record_content(slice));
    return {};
  }

  Result<void> record_content(const Slice& slice) {
    if (!slice.content) return {};
    // The storage that owns this journal makes no other kind.
    const auto& content = static_cast<const StoredContent&>(*slice.content);
    return content.recorded ? Result<void>() : record(content);
  }

  Result<void> record(const StoredContent& content) {
    sqlite::Statement& put = statements_.put_content;
    put.bind(1, content.id()).bind(2, content.size_bytes());
    if (content.place() == StoredContent::Place::row) {
      put.bind(3, std::span<const std::byte>(content.pending));
    } else {
      put.bind_null(3);
      has_new_files_ = true;
    }
    TRY(put.run());
    content.recorded = true;
    recorded_.push_back(&content);
    return {};
  }

  Statements& statements_;
  bool has_new_files_ = false;
  std::vector<const StoredContent*> recorded_;
};

Result<std::unique_ptr<Journal>> Journal::open(std::shared_ptr<ContentHome> home) {
  auto database = TRY(sqlite::Database::open(home->database_path, sqlite::Sync::full));
  TRY(sqlite::migrate(database, kMigrations));
  std::unique_ptr<Journal> journal(new Journal(std::move(home), std::move(database)));
  journal->statements_ = TRY(Statements::prepare(journal->database_));
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
