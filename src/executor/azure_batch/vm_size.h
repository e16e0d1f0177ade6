// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace aloft::executor {

/// Virtual cores of a size of Azure's virtual machines, which its name tells: 32 for
/// "Standard_D32s_v5", 16 for "Standard_M64-16ms". None for what is no such name.
std::optional<std::uint32_t> cores_of_size(std::string_view vm_size);

/// Whether it is of a family with GPUs (N…).
bool has_gpus(std::string_view vm_size);

}  // namespace aloft::executor
