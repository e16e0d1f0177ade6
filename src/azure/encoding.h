// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aloft::azure {

std::string encode_base64(std::span<const std::byte> bytes);
std::string encode_base64(std::string_view bytes);
/// Behind what `out` holds.
void append_base64(std::string& out, std::string_view bytes);
/// Nothing for text that is not exactly base64 with its padding.
std::optional<std::string> decode_base64(std::string_view text);

/// Percent-encodes all but unreserved characters, for one value of a query.
std::string encode_query_value(std::string_view text);
/// As above but keeps "/", for the path of a blob.
std::string encode_path(std::string_view text);
/// Undoes percent-encoding; "+" stays "+". What is no valid escape stays as it is.
std::string decode_percent(std::string_view text);

}  // namespace aloft::azure
