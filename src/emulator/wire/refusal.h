// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "emulator/wire/outcome.h"

namespace aloft::emulator {

/// What a client gets for a refusal, one of an enumeration that each service has of its own.
template <class Refusal>
struct RefusalRow {
  Refusal refusal;
  int status;
  const char* code;  ///< Azure's.
  const char* message;
};

/// The row of `refusal` as an error; `reason`, if any, says in our words what was wrong. A refusal
/// without a row is our bug.
template <class Refusal, std::size_t count>
ServiceError error_in(const RefusalRow<Refusal> (&rows)[count], Refusal refusal,
                      std::string_view reason) {
  for (const auto& row : rows) {
    if (row.refusal != refusal) continue;
    ServiceError error{.status = row.status, .code = row.code, .message = row.message};
    if (!reason.empty()) error.details.emplace_back("Reason", reason);
    return error;
  }
  check_failed("every refusal has a row", __FILE__, __LINE__);
}

/// The error with the name and, if it is short and not empty, the value of what was wrong: a
/// `kind` "Header" adds HeaderName and HeaderValue.
tl::unexpected<ServiceError> refuse_named(ServiceError error, std::string_view kind,
                                          std::string_view name, std::string_view value,
                                          std::string_view reason = {});

}  // namespace aloft::emulator
