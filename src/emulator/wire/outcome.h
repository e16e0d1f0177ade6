// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace aloft::emulator {

/// An answer other than success, as the client of a service gets it.
struct ServiceError {
  int status = 500;
  std::string code{};
  std::string message{};
  /// Further values of the error's body: what exactly was wrong.
  std::vector<std::pair<std::string, std::string>> details{};
  /// Further header fields of the answer.
  std::vector<std::pair<std::string, std::string>> headers{};
};

template <class T>
using Outcome = tl::expected<T, ServiceError>;

inline tl::unexpected<ServiceError> refuse(ServiceError error) {
  return tl::unexpected<ServiceError>(std::move(error));
}

}  // namespace aloft::emulator

namespace aloft {
/// So that TRY passes service errors on as it does Error.
inline tl::unexpected<emulator::ServiceError> fail(emulator::ServiceError error) {
  return emulator::refuse(std::move(error));
}
}  // namespace aloft

// After the overload above, which the macro TRY looks up by name.
#include "base/result.h"
