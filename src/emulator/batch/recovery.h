// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/batch/state.h"

namespace aloft::emulator::batch {

/// After the ledger was loaded: machines are started again, tasks that ran become active again, as
/// after the loss of a node, and what waits for others waits again.
void restore(State& state);

}  // namespace aloft::emulator::batch
