// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace aloft::emulator::batch {

/// The user-assigned managed identity that every pool has.
struct PoolIdentity {
  std::string resource_id{};
  std::string client_id{};
};

}  // namespace aloft::emulator::batch
