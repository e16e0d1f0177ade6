// SPDX-License-Identifier: Apache-2.0
#include "executor/local/database.h"

#include <fmt/format.h>

#include <utility>

namespace aloft::executor {
namespace {

/// How long a writer waits for another one; transactions here are short.
constexpr int kBusyTimeMs = 30'000;

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::unavailable;
    case SQLITE_FULL:
      return ErrorCode::no_space;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return ErrorCode::permission_denied;
    default:
      return ErrorCode::corrupt;
  }
}

}  // namespace

Error Database::error(std::string_view doing) const {
  const int code = sqlite3_extended_errcode(connection_.get());
  return {
      .code = code_of(code),
      .message = fmt::format("cannot {} {}: {}", doing, path_, sqlite3_errmsg(connection_.get()))};
}

Result<Database> Database::open(const std::string& path, Sync sync) {
  Database database;
  database.path_ = path;
  sqlite3* connection = nullptr;
  const int opened =
      sqlite3_open_v2(path.c_str(), &connection,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database.connection_.reset(connection);
  if (opened != SQLITE_OK) return fail(database.error("open the job database"));
  sqlite3_busy_timeout(connection, kBusyTimeMs);
  TRY(database.execute("PRAGMA journal_mode=WAL"));
  TRY(database.execute(sync == Sync::full ? "PRAGMA synchronous=FULL"
                                          : "PRAGMA synchronous=NORMAL"));
  return database;
}

Result<void> Database::execute(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return fail(error("work with"));
  }
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &prepared,
                         nullptr) != SQLITE_OK) {
    return fail(error("work with"));
  }
  Statement statement;
  statement.database_ = this;
  statement.statement_.reset(prepared);
  return statement;
}

Statement& Statement::bind(int index, std::uint64_t value) {
  CHECK(sqlite3_bind_int64(statement_.get(), index, static_cast<sqlite3_int64>(value)) ==
        SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  CHECK(sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  CHECK(sqlite3_bind_blob64(statement_.get(), index, bytes.data(), bytes.size(),
                            SQLITE_TRANSIENT) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_null(int index) {
  CHECK(sqlite3_bind_null(statement_.get(), index) == SQLITE_OK);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  const Error why = code == SQLITE_DONE ? Error{} : database_->error("work with");
  sqlite3_reset(statement_.get());
  if (code != SQLITE_DONE) return fail(why);
  return false;
}

Result<void> Statement::run() {
  while (TRY(step())) {
  }
  return {};
}

std::uint64_t Statement::number(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_.get(), column));
}

std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr
             ? ""
             : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Result<Transaction> Transaction::begin(Database& database) {
  TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // A failed rollback leaves the transaction open; closing the connection ends it then.
  if (database_ != nullptr) static_cast<void>(database_->execute("ROLLBACK"));
}

Result<void> Transaction::commit() {
  TRY(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace aloft::executor
