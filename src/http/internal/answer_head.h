// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "http/exchange.h"

namespace aloft::http::internal {

/// What the first line of an answer says about its version.
enum class Version { http_1_0, http_1_1 };

struct AnswerHead {
  Version version = Version::http_1_1;
  std::size_t size_bytes = 0;  ///< Up to and with the empty line.
};

/// Fills `answer` from the head at the front of `text`, all of which is there. Fails with corrupt
/// where it is not well-formed HTTP/1.x.
Result<AnswerHead> parse_answer_head(std::string_view text, Answer& answer);

}  // namespace aloft::http::internal
