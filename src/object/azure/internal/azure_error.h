// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/exchange.h"

namespace aloft::internal {

/// What a request was about, for messages: "reading az://account/container/key".
struct Doing {
  std::string_view verb;
  std::string_view uri;
};

/// The error that an answer of the service stands for: by the one table from Azure's codes to ours,
/// with the service's code and request id kept.
Error error_of_answer(const http::Answer& answer, const Doing& doing);

/// An error below the service (no connection, no HTTP), which now says what was being done.
Error error_of_transport(Error error, const Doing& doing);

/// An answer that the protocol does not allow.
Error senseless(const http::Answer& answer, const Doing& doing, std::string_view what);

/// The service's own code, "BlobNotFound": from its header, else from its body. Empty if there is
/// none.
std::string azure_code(const http::Answer& answer);

}  // namespace aloft::internal
