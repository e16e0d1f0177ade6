// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "azure/token_source.h"
#include "base/result.h"
#include "http/exchange.h"

namespace aloft::azure::internal {

/// The token in the document that a token endpoint answers. Fails with corrupt, naming `giver` and
/// `identity` and not showing the document, where it holds none.
Result<AccessToken> parse_token(std::string_view document,
                                std::chrono::system_clock::time_point asked_at,
                                std::string_view giver, std::string_view identity);

/// Why a token endpoint refuses, in its own words: the first line of error_description. Empty where
/// it does not say. Never holds `secret`, where that is not empty.
std::string refusal_words(const http::Answer& answer, std::string_view secret = {});

/// A member of a JSON object that is a text or a whole number, as text; else empty.
std::string member_text(std::string_view document, const char* name);

/// `text` without its control characters, and not longer than people read.
std::string for_people(std::string_view text);

}  // namespace aloft::azure::internal
