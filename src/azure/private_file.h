// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace aloft::azure {

/// The content of a file that holds secrets; nothing if there is none. Fails with permission_denied
/// if it is not this user's (or root's), or if others may read or write it.
Result<std::optional<std::string>> read_private_file(const std::string& path);

}  // namespace aloft::azure
