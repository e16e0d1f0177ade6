// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace aloft::emulator::blob {

/// The Blob service keeps times in whole seconds.
using Seconds = std::chrono::sys_seconds;

/// "Sat, 21 Nov 2026 03:30:00 GMT".
std::string format_http_date(Seconds time);
std::optional<Seconds> parse_http_date(std::string_view text);

/// "2026-11-21T03:30:00Z", also without seconds, with fractions of a second (dropped), or as a
/// date alone: the forms that SAS fields take.
std::optional<Seconds> parse_iso_date(std::string_view text);
/// With seven places of a second, as listings and statuses show times.
std::string format_iso_date(Seconds time);

}  // namespace aloft::emulator::blob
