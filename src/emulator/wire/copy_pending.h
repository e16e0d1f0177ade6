// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace aloft::emulator {

/// A header field by which a fault tells the Blob service that the copy that a request asks for is
/// to be pending so long, in milliseconds.
inline constexpr std::string_view kCopyPendingField = "x-aloft-copy-pending-ms";

}  // namespace aloft::emulator
