// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "emulator/batch/service_error.h"
#include "emulator/wire/dates.h"
#include "http/message.h"

namespace aloft::emulator::batch {

/// What conditional headers look at: when a resource was made or changed last. Times of changes
/// are never repeated, so that an ETag says as much.
struct Version {
  Instant modified{};
};

/// "0x8DC…", as in bodies and header fields.
std::string format_etag(Version version);

/// Checks If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since. A read whose
/// conditions do not hold is refused with 304 where only these say that nothing is new; everything
/// else with 412.
Outcome<void> check_conditions(const http::Headers& headers, Version version, bool is_read);

}  // namespace aloft::emulator::batch
