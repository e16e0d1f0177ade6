// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "base/error.h"
#include "executor/azure_batch/service/requests.h"
#include "http/exchange.h"

namespace aloft::batch {

/// The service's own code of a refusal, "PoolNotFound"; empty if there is none.
std::string code_of(const http::Answer& answer);

/// The error that an answer stands for, by the one table from Batch's codes to ours, in words for
/// people and with the service's code and request id. `now` tells a clock that is wrong from a key
/// that is.
Error error_of_answer(const http::Answer& answer, const Request& request,
                      std::chrono::system_clock::time_point now);

/// The same for a task that a collection could not add; `code` and `message` are the service's.
Error error_of_task(const Request& request, std::string_view task, std::string_view code,
                    std::string_view message);

/// An error below the service, which now says what was being done.
Error error_of_transport(Error error, const Request& request);

/// An answer that the protocol does not allow.
Error senseless(const http::Answer& answer, const Request& request, std::string_view what);

}  // namespace aloft::batch
