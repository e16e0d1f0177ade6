// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace aloft::azure {

/// What a refusal means for the caller, and in words: "it does not exist".
struct Meaning {
  ErrorCode code;
  std::string_view words;
};

/// By the status alone, for codes that a service's own table does not know.
Meaning meaning_of_status(int status);

/// How long a service asks to wait before a repeat, at most an hour; zero if it does not say.
std::chrono::milliseconds retry_after(const http::Headers& headers);

}  // namespace aloft::azure
