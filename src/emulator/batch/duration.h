// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace aloft::emulator::batch {

/// How long something may take. The longest one stands for "no limit", as the service has it.
using Duration = std::chrono::milliseconds;
inline constexpr Duration kUnlimited = Duration::max();

/// ISO 8601 without years and months: "PT10M", "P7D", "P1DT2H3M4.5S". All that is as long as
/// "P10675199DT2H48M5.4775807S", Azure's longest, is kUnlimited. Nothing for other texts, nor where
/// one number alone is longer.
std::optional<Duration> parse_duration(std::string_view text);
std::string format_duration(Duration duration);

}  // namespace aloft::emulator::batch
