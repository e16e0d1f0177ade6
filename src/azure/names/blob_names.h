// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace aloft::azure {

/// Longest key, in UTF-16 units as the service counts.
inline constexpr std::size_t kKeyLengthMax = 1024;
/// Most parts between "/" that a key may have.
inline constexpr std::size_t kKeySegmentsMax = 254;
/// All names and values of one object's metadata together.
inline constexpr std::size_t kMetadataBytesMax = 8192;

// Each of these fails with invalid_argument, naming the text and the rule that it breaks.

/// 3 to 24 lower-case letters and digits.
Result<void> check_account_name(std::string_view name);

/// 3 to 63 lower-case letters, digits and single hyphens between them; or "$root", "$web", "$logs".
Result<void> check_container_name(std::string_view name);

/// A key that the service keeps as it is: UTF-8 without control characters and backslashes (which
/// it turns into "/"), no part ends with "." (which it drops), within the limits above.
Result<void> check_key(std::string_view key);

/// A C# identifier of ASCII letters.
Result<void> check_metadata_name(std::string_view name);

/// Printable ASCII without blanks at its ends: what survives as the value of an HTTP header.
Result<void> check_metadata_value(std::string_view name, std::string_view value);

}  // namespace aloft::azure
