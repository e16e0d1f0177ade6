// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/batch/state.h"

namespace aloft::emulator::batch {

/// Takes all steps that are possible now: finishes what jobs and pools waited for, and starts tasks
/// where slots are free, those of the job with the highest priority first, then of the oldest. To
/// be called after each change.
void schedule(State& state);

/// When schedule() is to be called though nothing has changed; nothing where time alone changes
/// nothing.
std::optional<Instant> next_due(const State& state);

}  // namespace aloft::emulator::batch
