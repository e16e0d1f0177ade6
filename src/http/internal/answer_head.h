// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "http/exchange.h"

namespace aloft::http::internal {

/// What the first line of an answer says about its version.
enum class Version { http_1_0, http_1_1 };

/// Fills `answer` from a head: everything up to and with the empty line. Fails with corrupt where
/// it is not well-formed HTTP/1.x.
Result<Version> parse_answer_head(std::string_view head, Answer& answer);

}  // namespace aloft::http::internal
