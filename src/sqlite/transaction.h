// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "base/result.h"
#include "sqlite/database.h"

namespace aloft::sqlite {

/// A write transaction from its begin: it waits for other writers, and is rolled back unless
/// committed, also where the commit fails. Reset the statements that are at a row before its end.
/// The database outlives it and stays where it is.
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

}  // namespace aloft::sqlite
