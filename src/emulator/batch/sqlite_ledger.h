// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "emulator/batch/ledger.h"
#include "emulator/batch/state.h"
#include "sqlite/database.h"

namespace aloft::emulator::batch {

/// A ledger in a SQLite database. One thread writes: whatever waits when it begins goes into one
/// transaction, so that many requests share the wait for the disk. What cannot be written stays in
/// memory and is tried again every second; meanwhile wait() fails.
class SqliteLedger final : public Ledger {
 public:
  /// Makes the tables where the file is new. Fails with unsupported where a later version of Aloft
  /// made it.
  static Result<std::unique_ptr<SqliteLedger>> open(const std::string& path);
  /// Writes what waits, then ends.
  ~SqliteLedger() override;

  /// Brings all that is kept into `state`, which is empty, before start(). Nothing runs yet:
  /// restore() in recovery.h is the next step.
  Result<void> load(State& state);
  void start();

  void add(Change change) override;
  std::uint64_t position() const override { return queue_.lock()->added; }
  Result<void> wait(std::uint64_t position) override;

 private:
  struct Queue {
    std::vector<Change> changes;
    std::uint64_t added = 0;
    std::uint64_t kept = 0;
    std::optional<Error> failure;  ///< Of the last attempt to write.
    bool ended = false;
  };
  class Statements;

  explicit SqliteLedger(sqlite::Database database);
  void write_all();
  Result<void> write(const std::vector<Change>& batch);

  sqlite::Database database_;
  std::unique_ptr<Statements> statements_;
  mutable Guarded<Queue> queue_;
  std::condition_variable queue_changed_;
  std::condition_variable kept_changed_;
  std::thread writer_;
};

}  // namespace aloft::emulator::batch
