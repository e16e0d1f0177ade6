// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "emulator/blob/service_error.h"
#include "http/message.h"

namespace aloft::emulator::blob {

/// Bytes [offset, offset + length).
struct Range {
  std::uint64_t offset = 0;
  std::uint64_t length_bytes = 0;
};

/// What x-ms-range, else Range, asks for of a blob of this size, cut off at its end; nothing where
/// neither is there. 416 where the blob ends before it; 400 for forms that the service does not
/// know ("bytes=-5", several ranges).
Outcome<std::optional<Range>> requested_range(const http::Headers& headers,
                                              std::uint64_t size_bytes);

/// x-ms-source-range of a copy; the whole source where it is absent. 416 unless the source has all
/// of it.
Outcome<Range> source_range(const http::Headers& headers, std::uint64_t size_bytes);

/// x-ms-range, else Range, with both of its ends, whatever the size of the blob; 400 where it is
/// absent or not so.
Outcome<Range> bounded_range(const http::Headers& headers);

/// "bytes */SIZE", for a 416.
ServiceError invalid_range(std::uint64_t size_bytes);

}  // namespace aloft::emulator::blob
