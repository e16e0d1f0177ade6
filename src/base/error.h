// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace aloft {

/// What the caller can do about a failure; not what a service or a kernel said, which the message
/// keeps.
enum class ErrorCode {
  not_found,            ///< The object named does not exist: create it or correct the name.
  already_exists,       ///< Something else has this name.
  permission_denied,    ///< Credentials or mode bits forbid it.
  precondition_failed,  ///< The object changed since it was looked at: look again.
  throttled,            ///< The service asks to slow down: repeat later.
  unavailable,          ///< A passing fault of service or network: repeat.
  deadline_exceeded,    ///< The time given by the caller is over.
  cancelled,            ///< The caller asked to stop.
  invalid_argument,     ///< The request cannot be right in any state: correct it.
  unsupported,          ///< Right in principle, but this backend or release does not do it.
  no_space,             ///< A disk, quota or budget is full.
  corrupt,              ///< Data are not what was written, or an answer made no sense.
};

/// Why a call failed, in words for the person at the terminal: what was tried, on what, why it
/// failed and, where known, what to do.
struct Error {
  ErrorCode code;
  std::string message;
  /// The service's own id of the failed request; empty if no service was involved.
  std::string request_id{};
  /// The exact errno where one is known (ENOTEMPTY, ELOOP, …); 0 lets errno_of() choose by `code`.
  int os_errno{0};
  /// How long the service asks to wait before a repeat; zero if it did not say.
  std::chrono::milliseconds retry_after{0};
};

/// snake_case name of a code, for logs and JSON.
std::string_view name_of(ErrorCode code);

/// The one table from ErrorCode to errno; `os_errno` of the error wins where it is set.
int errno_of(const Error& error);

/// The one table from errno to ErrorCode.
ErrorCode code_of_errno(int errno_value);

/// An error with exactly this errno.
Error os_error(int errno_value, std::string message);

/// Our own bug: prints `what` with its place and aborts, in release builds too.
[[noreturn]] void check_failed(const char* what, const char* file, int line);

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::aloft::check_failed(#condition, __FILE__, __LINE__))

}  // namespace aloft
