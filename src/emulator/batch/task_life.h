// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "emulator/batch/state.h"

// What happens to tasks. Each function leaves the state consistent and noted in the ledger; what
// may run then is decided by schedule().
namespace aloft::emulator::batch {

/// Takes in a new task whose id is free. Numbers and times are set here.
Task& add_task(State& state, Job& job, std::unique_ptr<Task> task);

/// An attempt ended: the task is completed, tried again, or active again, as its fate and its retry
/// count say. Nothing happens where the attempt is not under way any more.
void end_run(State& state, std::uint64_t run, AttemptEnd end);

/// The attempt is lost with its node: its task becomes active again, unless its end was asked for.
void lose_run(State& state, std::uint64_t run);

/// The attempt will end soon, and then have this fate.
void stop_run(State& state, std::uint64_t run, Fate fate);

/// Ends a task that is not completed: at once where it does not run, else soon.
void terminate_task(State& state, Job& job, Task& task);

/// Makes a failed task active, with all its retries.
void reactivate_task(State& state, Job& job, Task& task);

/// With its files; soon, where it runs.
void remove_task(State& state, Job& job, Task& task);

/// After a restart, which ended its attempt: whether the task waits, runs later, meets the fate
/// that was asked for, or is what others wait for. Its pool is restored before.
void restore_task(State& state, Job& job, Task& task);

}  // namespace aloft::emulator::batch
