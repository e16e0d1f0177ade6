// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace aloft::enter {

/// The one line of /proc/self/uid_map or gid_map that maps an id to itself.
std::string id_map_line(unsigned id);

/// Why this host refuses a user namespace, from the error of unshare(2) or of writing the map, and
/// what its administrator can do.
std::string user_namespace_refusal(int errno_value);

/// Gives this (single-threaded) process a mount namespace of its own, whose changes nobody else
/// sees while it still sees new mounts of the host. Where the process may not do that itself, a
/// user namespace comes first, in which it keeps its own uid and gid and may mount. Returns true if
/// a user namespace was made.
Result<bool> enter_namespaces();

}  // namespace aloft::enter
