// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace aloft::format {

/// Since the epoch. Understands "2026-01-31T12:00:00.123456789Z" with any offset (RFC 3339, as
/// rclone writes it) and "2026-01-31 12:00:00 +0100" (AzCopy for Managed Lustre).
std::optional<std::chrono::nanoseconds> parse_timestamp(std::string_view text);

/// RFC 3339 in UTC with nine digits of the second.
std::string format_timestamp(std::chrono::nanoseconds since_epoch);

}  // namespace aloft::format
