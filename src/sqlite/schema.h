// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/result.h"
#include "sqlite/database.h"

namespace aloft::sqlite {

/// Brings the tables of a database up to date: `steps[n]` is the SQL that leads from version n to
/// n + 1, a new file has version 0. All or nothing; processes that open the database at the same
/// time do not harm each other. Steps of a release are never changed later, only followed by more.
/// Fails with unsupported where a later release has brought it further than `steps` do.
Result<void> migrate(Database& database, std::span<const char* const> steps);

}  // namespace aloft::sqlite
