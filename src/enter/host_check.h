// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/directories.h"

namespace aloft::enter {

/// One thing that Aloft needs of a host, as found.
struct Finding {
  enum class State {
    good,
    limited,  ///< Something works less well, or only for root.
    bad,      ///< `aloft run` cannot work.
  };
  std::string name;  ///< Short: what was looked at.
  State state = State::good;
  std::string detail{};
  std::string remedy{};  ///< What to do about it; empty if good.
};

/// Tries, in a process of its own, each step of entering: the namespaces, the device, the place for
/// /aloft and the private mount. Nothing of it stays.
std::vector<Finding> check_entering();

/// fusermount3, which ordinary users need for `aloft mount` alone.
Finding check_fusermount();

/// The runtime and the local directory: private, writable, on this node's own disk.
std::vector<Finding> check_directories(
    const EnvironmentLookup& environment = process_environment());

/// Whether a daemon runs and answers; none is fine.
Finding check_daemon(const EnvironmentLookup& environment = process_environment());

}  // namespace aloft::enter
