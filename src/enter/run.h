// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "enter/run_options.h"

namespace aloft::enter {

/// Exit codes of `aloft run` that are not the command's own.
enum RunExit { kOwnFailure = 125, kNotExecutable = 126, kNotFound = 127 };

/// `aloft run`: makes the namespaces and the private mount, runs the command in them, waits until
/// what was written is stored. Prints its own errors on standard error. Returns the exit code. For
/// the launcher's single thread: this process stays in the namespaces.
int run(const RunOptions& options);

/// `aloft shell`: run() of $SHELL, with a hint in its prompt.
int run_shell(RunOptions options);

}  // namespace aloft::enter
