// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>
#include <variant>

#include "base/guarded.h"
#include "emulator/blob/internal/row_writer.h"
#include "emulator/blob/internal/stored_content.h"
#include "emulator/blob/storage.h"
#include "sqlite/database.h"

namespace aloft::emulator::blob {

/// The state of the account in a SQLite database, one row per container, blob, staged block and
/// content. One thread writes: whatever waits when it begins goes into one transaction, so that
/// many writers share the wait for the disk. A change is applied to the index by the same thread,
/// in the order of the database, once it is on disk.
class Journal {
 public:
  /// Makes the tables where the database is new. Fails with unsupported where a later version of
  /// Aloft made it.
  static Result<std::unique_ptr<Journal>> open(std::shared_ptr<ContentHome> home);
  /// Writes what waits, then ends.
  ~Journal();

  /// Remembers the kind of a new account; false where the one that is there is of the other.
  Result<bool> settle_namespace(Namespace kind);  // journal_load.cc

  /// Brings everything into the index, before start(). The contents that no blob needs go when the
  /// map does.
  using Contents = std::unordered_map<std::uint64_t, std::shared_ptr<const StoredContent>>;
  struct Loaded {
    Numbers numbers{};
    std::uint64_t last_content = 0;
    Contents contents{};
  };
  Result<Loaded> load(Index& index);  // journal_load.cc
  /// `index` outlives the journal.
  void start(Index& index);

  /// See Storage::commit().
  Result<bool> commit(Change change);
  /// Drops the row of a content; does not wait.
  void forget(std::uint64_t content_id);

 private:
  struct Pending;
  struct Queue {
    std::deque<Pending*> changes;
    std::vector<std::uint64_t> forgotten;
    bool ended = false;
  };

  Journal(std::shared_ptr<ContentHome> home, sqlite::Database database);
  void write_all(Index& index);
  void write_batch(Index& index, const std::deque<Pending*>& batch,
                   const std::vector<std::uint64_t>& forgotten);
  Result<void> write_transaction(const std::deque<Pending*>& batch,
                                 const std::vector<std::uint64_t>& forgotten);

  const std::shared_ptr<ContentHome> home_;
  sqlite::Database database_;
  std::unique_ptr<RowStatements> statements_;
  Guarded<Queue> queue_;
  std::condition_variable queue_changed_;
  std::condition_variable change_done_;
  std::thread writer_;
};

}  // namespace aloft::emulator::blob
