// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aloft::executor {

class Statement;

/// One connection to an SQLite database; used by one thread at a time, while other processes have
/// their own. Errors name the file.
class Database {
 public:
  enum class Sync {
    full,    ///< What is committed survives a power cut.
    normal,  ///< What is committed survives kill -9; a power cut may take the last commits back.
  };
  static Result<Database> open(const std::string& path, Sync sync);

  /// Statements without parameters and results.
  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  const std::string& path() const { return path_; }
  Error error(std::string_view doing) const;

 private:
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close(connection); }
  };
  std::unique_ptr<sqlite3, Close> connection_;
  std::string path_;
};

/// A prepared statement; the database outlives it.
class Statement {
 public:
  // Parameters count from 1.
  Statement& bind(int index, std::uint64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind_null(int index);

  /// True if there is a row. After the last row it starts anew with the next step.
  Result<bool> step();
  /// For statements without rows; ready for new parameters afterwards.
  Result<void> run();

  // Of the present row; columns count from 0.
  std::uint64_t number(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  const Database* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A write transaction from its begin: it waits for other writers, and is rolled back unless
/// committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace aloft::executor
