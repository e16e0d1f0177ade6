// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "emulator/batch/state.h"

// What happens to jobs. A change that has to wait for running tasks is finished by settle_job().
namespace aloft::emulator::batch {

void disable_job(State& state, Job& job, DisableTasks tasks);
void enable_job(State& state, Job& job);
/// Ends running tasks; tasks that are active stay so, and never run.
void terminate_job(State& state, Job& job, std::string reason);
/// It goes, with all its tasks and their files, when no task runs any more.
void delete_job(State& state, Job& job);

/// Takes the next steps for which all conditions are met: to disabled, completed, or (where its
/// tasks or its time are at an end) to terminating. False where the job was to be deleted and is
/// gone.
bool settle_job(State& state, Job& job);

/// When its wall clock time is over; nothing where it has no end.
std::optional<Instant> deadline_of(const Job& job);

}  // namespace aloft::emulator::batch
