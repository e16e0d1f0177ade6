// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "object/object_store.h"

namespace aloft::format {

/// Identifies one writer of one version of one object, so that two who write the same object at
/// once cannot commit each other's blocks.
std::string new_writer_id(Random& random);

/// The id of a writer's block. Azure wants all staged blocks of an object to have ids of one
/// length, those included that a crashed writer left behind: so whoever stages, a mount or a copy,
/// makes ids here. In byte order they are in the order of `index`.
BlockId block_id(std::string_view writer_id, std::uint32_t index);

}  // namespace aloft::format
