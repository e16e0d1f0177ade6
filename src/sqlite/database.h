// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "sqlite/statement.h"

struct sqlite3;

namespace aloft::sqlite {

enum class Sync {
  full,    ///< What is committed survives a power cut.
  normal,  ///< What is committed survives kill -9; a power cut may take the last commits back.
};

/// One connection to a database file, in WAL mode: readers see the last commit while others write.
/// Used by one thread at a time; other threads and processes have connections of their own, and a
/// writer waits for another up to half a minute.
///
/// Errors name the file. Their codes: no_space for a full disk, permission_denied where the file or
/// its directory cannot be opened or written, unavailable for what may work later (another writer
/// takes too long, a fault of the disk), else corrupt.
class Database {
 public:
  /// Makes the file where it is missing, but not its directory.
  static Result<Database> open(const std::string& path, Sync sync);
  /// Of a file that is there; every change fails.
  static Result<Database> open_to_read(const std::string& path);

  /// Statements without parameters and results, separated by semicolons.
  Result<void> run(const std::string& sql);
  /// The database outlives its statements.
  Result<Statement> prepare(const std::string& sql);
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  static Result<Database> connect(const std::string& path, int flags);

  std::string path_;
  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace aloft::sqlite
