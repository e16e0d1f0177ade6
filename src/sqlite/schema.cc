// SPDX-License-Identifier: Apache-2.0
#include "sqlite/schema.h"

#include <string>

#include "sqlite/transaction.h"

namespace aloft::sqlite {

namespace {

Result<std::uint64_t> version_of(Database& database) {
  Statement version = TRY(database.prepare("PRAGMA user_version"));
  TRY(version.step());
  return version.number(0);
}

}  // namespace

Result<void> migrate(Database& database, std::span<const char* const> steps) {
  if (TRY(version_of(database)) == steps.size()) return {};
  Transaction transaction = TRY(Transaction::begin(database));
  const std::uint64_t from = TRY(version_of(database));  // Another process may have been quicker.
  if (from > steps.size()) {
    return fail(ErrorCode::unsupported,
                database.path() + " was written by a later version of Aloft (schema " +
                    std::to_string(from) + "): use that one, or another directory");
  }
  for (const char* step : steps.subspan(from)) TRY(database.run(step));
  TRY(database.run("PRAGMA user_version = " + std::to_string(steps.size())));
  return transaction.commit();
}

}  // namespace aloft::sqlite
