// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/file.h"

namespace aloft {

/// Waits until nobody else holds the lock file at `path`, which is made (mode 0600) where it is
/// missing. It is held until the descriptor is closed everywhere, also in processes that inherit
/// it: flock(2).
Result<UniqueFd> lock_file(const std::string& path);

/// As lock_file(), but nothing where somebody else holds it.
Result<std::optional<UniqueFd>> try_lock_file(const std::string& path);

}  // namespace aloft
