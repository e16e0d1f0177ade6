// SPDX-License-Identifier: Apache-2.0
#include "sqlite/internal/failure.h"

#include <sqlite3.h>

namespace aloft::sqlite {

namespace {

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {  // Above are the bits that say more precisely what happened.
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
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

tl::unexpected<Error> fail_sqlite(sqlite3* connection, std::string_view what) {
  return fail(code_of(sqlite3_extended_errcode(connection)),
              std::string(what) + ": " + sqlite3_errmsg(connection));
}

}  // namespace aloft::sqlite
