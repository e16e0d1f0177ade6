// SPDX-License-Identifier: Apache-2.0
#include "sqlite/database.h"

#include <sqlite3.h>

#include "sqlite/internal/failure.h"

namespace aloft::sqlite {

namespace {

/// How long a writer waits for another one; transactions here are short.
constexpr int kBusyTimeMs = 30'000;

}  // namespace

void Database::Close::operator()(sqlite3* connection) const {
  sqlite3_close(connection);
}

Result<Database> Database::connect(const std::string& path, int flags) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database;
  database.path_ = path;
  database.connection_.reset(opened);
  if (code != SQLITE_OK) return fail_sqlite(opened, "cannot open the database " + path);
  sqlite3_busy_timeout(opened, kBusyTimeMs);
  return database;
}

Result<Database> Database::open(const std::string& path, Sync sync) {
  Database database = TRY(connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  TRY(database.run("PRAGMA journal_mode = WAL"));
  TRY(database.run(sync == Sync::full ? "PRAGMA synchronous = FULL"
                                      : "PRAGMA synchronous = NORMAL"));
  return database;
}

Result<Database> Database::open_to_read(const std::string& path) {
  return connect(path, SQLITE_OPEN_READONLY);
}

Result<void> Database::run(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return fail_sqlite(connection_.get(), "cannot use the database " + path_);
  }
  return {};
}

Result<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection_.get(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    return fail_sqlite(connection_.get(), "cannot use the database " + path_);
  }
  return Statement(statement);
}

}  // namespace aloft::sqlite
