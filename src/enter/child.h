// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace aloft::enter {

/// How a command ended, as a shell would say it.
struct ChildEnd {
  int exit_code = 0;      ///< Its own; 128+N after signal N; 126 or 127 if it could not be run.
  std::string message{};  ///< Why it could not be run; empty if it ran.
};

/// Whom those who signal this process mean. A program cannot tell kill(PID) from kill(-GROUP).
enum class Signals {
  to_this_process,  ///< It alone, so they are passed on; the terminal's reach the command anyway.
  to_its_group,  ///< The whole group, so the command has them: passed on it would get them twice.
};

/// Runs `command` (looked up in PATH) in this process group and waits for it. When the command
/// stops, this process stops too, so a shell's job control works. For single-threaded callers.
Result<ChildEnd> run_child(const std::vector<std::string>& command,
                           Signals signals = Signals::to_this_process);

}  // namespace aloft::enter
