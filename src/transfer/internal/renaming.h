// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/limits.h"
#include "transfer/placement.h"

namespace aloft::transfer {

/// Whether the store gave the source its new name, with all that is in it, at once: where keys are
/// paths, within a container, for what comes to a free place or replaces a file. Else nothing is
/// done, and it is to be copied. The directories above the new name are made where they are
/// missing.
Result<bool> rename_placed(const PlacedCopy& copy, const Limits& limits);

}  // namespace aloft::transfer
