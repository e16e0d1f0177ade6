// SPDX-License-Identifier: Apache-2.0
#include "sqlite/internal/failure.h"

#include <sqlite3.h>

#include <cerrno>

namespace aloft::sqlite {

namespace {

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {  // Above are the bits that say more precisely what happened.
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
      return ErrorCode::unavailable;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return ErrorCode::permission_denied;
    default:
      return ErrorCode::corrupt;
  }
}

}  // namespace

tl::unexpected<Error> fail_sqlite(sqlite3* connection, std::string_view what) {
  const int code = sqlite3_extended_errcode(connection);
  // Where a file beside the database does not fit, SQLite only says "I/O error".
  const bool lacks_room_beside =
      (code & 0xff) == SQLITE_IOERR && sqlite3_system_errno(connection) == ENOSPC;
  if (lacks_room_beside || (code & 0xff) == SQLITE_FULL) {
    return fail(ErrorCode::no_space,
                std::string(what) + ": the disk is full; free space there and try again");
  }
  return fail(code_of(code), std::string(what) + ": " + sqlite3_errmsg(connection));
}

}  // namespace aloft::sqlite
