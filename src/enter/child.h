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

/// Runs `command` (looked up in PATH) in this process group and waits for it. Signals sent to this
/// process alone are passed on; those of the terminal reach the command directly. When the command
/// stops, this process stops too, so a shell's job control works. For single-threaded callers.
Result<ChildEnd> run_child(const std::vector<std::string>& command);

}  // namespace aloft::enter
