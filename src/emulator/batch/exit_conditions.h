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
/// satisfies and the job goes on, while failure blocks and terminates the job (if that acts on
/// failures at all). The end that a user asked for is none of Azure's exit conditions, nor is it
/// meant for the whole job: the job goes on, whatever `default` says.
ExitOptions exit_options(const Json& settings, const AttemptEnd& end);

}  // namespace aloft::emulator::batch
