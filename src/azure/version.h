// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace aloft::azure {

/// The version of the storage REST protocol that we speak (x-ms-version): blocks of 4,000 MiB,
/// known to Azure and to Azurite 3.35.
inline constexpr std::string_view kApiVersion = "2021-12-02";

}  // namespace aloft::azure
