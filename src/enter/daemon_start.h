// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/directories.h"
#include "base/file.h"
#include "base/result.h"

namespace aloft::enter {

/// How the program that does the rest of Aloft's work is started: the words of its command line
/// before its arguments.
using MainProgram = std::vector<std::string>;

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
Result<UniqueFd> connect_to_daemon(const DaemonPlaces& places, const MainProgram& main_program);

/// aloft-main: beside this program, or in ../libexec/aloft. If a loader lies with it (ld.so), it
/// brings its own libraries, for machines that lack them, and that loader is what is started.
Result<MainProgram> find_main_program();

/// For execve(2); refers to `words`.
std::vector<char*> exec_words(std::vector<std::string>& words);

}  // namespace aloft::enter
