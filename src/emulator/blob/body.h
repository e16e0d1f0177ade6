// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "emulator/blob/service_error.h"
#include "http/server.h"

namespace aloft::emulator::blob {

/// Fills the front of `buffer`, which is not empty, with what comes next of a body that is not at
/// its end; returns the bytes read, one at least. A body that breaks off is the client's mistake,
/// one that does not come in time has timed out.
Outcome<std::size_t> read_part(http::RequestBody& body, std::span<std::byte> buffer);

/// As above, until all of `buffer` is filled.
Outcome<void> read_whole(http::RequestBody& body, std::span<std::byte> buffer);

}  // namespace aloft::emulator::blob
