// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"

struct sqlite3;

namespace aloft::sqlite {

/// What the last call on `connection` failed with, after `what`.
tl::unexpected<Error> fail_sqlite(sqlite3* connection, std::string_view what);

}  // namespace aloft::sqlite
