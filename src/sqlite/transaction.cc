// SPDX-License-Identifier: Apache-2.0
#include "sqlite/transaction.h"

namespace aloft::sqlite {

Result<Transaction> Transaction::begin(Database& database) {
  TRY(database.run("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // Fails where SQLite has rolled back by itself, as on a full disk. A transaction that stays open
  // makes the next one fail, and ends with the connection.
  if (database_ != nullptr) static_cast<void>(database_->run("ROLLBACK"));
}

Result<void> Transaction::commit() {
  TRY(database_->run("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace aloft::sqlite
