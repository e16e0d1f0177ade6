// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aloft::emulator::blob {

/// A prepared statement. Parameters count from 1, columns from 0, as in SQLite. What is bound must
/// live until the next reset().
class Statement {
 public:
  Statement() = default;
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::span<const std::byte> bytes);
  Statement& bind_null(int index);

  /// Runs to the next row; false at the end, where it is ready for new parameters.
  Result<bool> step();
  /// For statements without rows: runs it, and readies it for the next time, also after a failure.
  Result<void> run();
  void reset();

  std::int64_t integer(int column) const;
  /// Views hold until the next step.
  std::string_view text(int column) const;
  std::span<const std::byte> bytes(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection to a database file; for one thread at a time. Errors name the file; a full disk
/// is no_space.
class Database {
 public:
  enum class Mode { read_write, read_only };
  static Result<Database> open(const std::string& path, Mode mode);

  Result<void> run(const std::string& sql);
  Result<Statement> prepare(const std::string& sql);
  /// Of the statement that failed last.
  Error last_error(std::string_view what) const;
  bool in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  Database() = default;
  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace aloft::emulator::blob
