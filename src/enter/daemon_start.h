// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/directories.h"
#include "base/file.h"
#include "base/result.h"

namespace aloft::enter {

/// Where the daemon of one user on one host is found.
struct DaemonPlaces {
  std::string runtime_directory{};  ///< 0700; holds the next three.
  std::string socket{};
  std::string lock{};        ///< Locked by the daemon for as long as it lives.
  std::string start_lock{};  ///< Locked by whoever starts one, until it listens.
  std::string log{};
};
DaemonPlaces daemon_places(const EnvironmentLookup& environment = process_environment());

/// A connection to the daemon. Starts one (`main_program` daemon, detached from this process and
/// its terminal, logging to places.log) if none listens; of several that start at once one does it
/// and the others wait. Fails with the daemon's last words if it does not come up.
Result<UniqueFd> connect_to_daemon(const DaemonPlaces& places, const std::string& main_program);

/// aloft-main: beside this program, or in ../libexec/aloft.
Result<std::string> find_main_program();

}  // namespace aloft::enter
