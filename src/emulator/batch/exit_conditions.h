// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/batch/node/attempt.h"
#include "emulator/batch/shape.h"

namespace aloft::emulator::batch {

/// What the end of a task means for others.
struct ExitOptions {
  enum class JobAction { none, disable, terminate };
  bool satisfies = false;  ///< What depends on it may run.
  JobAction job_action = JobAction::none;
};

/// As the exitConditions in a task's settings say: its exit code where one is listed, else what
/// went wrong before or after the command, else `default` where it failed. By default success
/// satisfies, failure blocks, and the job goes on.
ExitOptions exit_options(const Json& settings, const AttemptEnd& end);

}  // namespace aloft::emulator::batch
