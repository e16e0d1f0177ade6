// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace aloft::emulator {

/// Times as header fields have them; the Blob service keeps no others.
using Seconds = std::chrono::sys_seconds;
/// Times as the Batch service keeps them.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

/// "Sat, 21 Nov 2026 03:30:00 GMT".
std::string format_http_date(Seconds time);
std::optional<Seconds> parse_http_date(std::string_view text);

/// "2026-11-21T03:30:00Z", also without seconds, with up to seven places of a second, or as a date
/// alone: the forms that SAS fields and filters take.
std::optional<Instant> parse_iso_time(std::string_view text);
/// As above; fractions of a second are dropped.
std::optional<Seconds> parse_iso_date(std::string_view text);
/// With seven places of a second, as listings and statuses show times.
std::string format_iso_date(Instant time);

}  // namespace aloft::emulator
