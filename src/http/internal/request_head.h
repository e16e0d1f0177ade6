// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "http/exchange.h"

namespace aloft::http::internal {

/// Writes the head of the request into `head`, in place of what is there. Fails with
/// invalid_argument rather than send a target or a header that is not one.
Result<void> write_request_head(const Exchange& exchange, std::string& head);

}  // namespace aloft::http::internal
