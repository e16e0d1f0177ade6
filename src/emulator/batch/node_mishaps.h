// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/batch/state.h"

// What befalls nodes while tasks run on them, as the faults of the emulator say.
namespace aloft::emulator::batch {

/// An attempt has started on the node: decides whether something is to befall it. One thing at a
/// time.
void await_mishap(State& state, PoolNode& node, std::uint64_t run);

/// Has that happen which is due, where the attempt still runs.
void strike_nodes(State& state, Pool& pool);

}  // namespace aloft::emulator::batch
