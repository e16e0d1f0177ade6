// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace aloft {

/// getenv(3), or a test's stand-in: null where a variable is not set.
using EnvironmentLookup = std::function<const char*(const char* name)>;
EnvironmentLookup process_environment();

/// Configuration and credentials: $XDG_CONFIG_HOME/aloft, else ~/.config/aloft.
std::string config_directory(const EnvironmentLookup& environment = process_environment());

/// Sockets and records of running servers: $XDG_RUNTIME_DIR/aloft, else local_directory().
std::string runtime_directory(const EnvironmentLookup& environment = process_environment());

/// Journals, caches and databases; node-local and persistent: $ALOFT_LOCAL_DIR, else
/// /var/tmp/aloft-UID. Never a network file system.
std::string local_directory(const EnvironmentLookup& environment = process_environment());

/// Makes `path` (and parents) as a directory of this user alone, mode 0700; fails with
/// permission_denied if what is there belongs to someone else or is open to others.
Result<void> make_private_directory(const std::string& path);

}  // namespace aloft
