// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "emulator/blob/blob.h"
#include "emulator/blob/service_error.h"
#include "http/message.h"

namespace aloft::emulator::blob {

/// 3 to 63 lower-case letters, digits and single inner hyphens; or $root, $web, $logs.
Outcome<void> check_container_name(std::string_view name);

/// 1 to 1,024 characters of UTF-8 in at most 254 segments. Stricter than Azure, where it only
/// advises: no control characters, backslashes or noncharacters, no segment that ends in a dot.
Outcome<void> check_blob_name(std::string_view name);

/// The name as a path of a hierarchical namespace: without empty segments, of which Azure makes
/// nothing, and at most 63 deep.
Outcome<std::string> tree_path(std::string_view name);

/// Base64 of 1 to 64 bytes; returns the id decoded.
Outcome<std::string> parse_block_id(std::string_view text);

/// The x-ms-meta-… fields: names that are C# identifiers in ASCII and not repeated, printable
/// values, 8 KiB in all.
Outcome<Metadata> parse_metadata(const http::Headers& headers);

}  // namespace aloft::emulator::blob
