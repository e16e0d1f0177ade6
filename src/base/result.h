// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace aloft {

/// The value of a call that may fail, or the reason why it did. No exception crosses a module seam.
template <class T>
using Result = tl::expected<T, Error>;

/// What a failing function returns: `return fail(ErrorCode::not_found, "…");`
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return fail(Error{.code = code, .message = std::move(message)});
}

/// As fail(), for a call of the operating system that set `errno_value`; `what` names call and
/// object and is followed by the system's own words.
tl::unexpected<Error> fail_os(int errno_value, std::string_view what);

namespace internal {
template <class T, class E>
T take_value(tl::expected<T, E>& result) {
  return std::move(*result);
}
template <class E>
void take_value(tl::expected<void, E>&) {}
}  // namespace internal

/// The value of `expression`, a Result; if it holds an error, the enclosing function returns that.
/// Works for other error types that have an overload of aloft::fail(), too. Not inside a braced
/// initialiser: g++ 12 does not destroy the members built so far when it returns. Name it before.
#define TRY(expression)                                                               \
  ({                                                                                  \
    auto aloft_try_result = (expression);                                             \
    if (!aloft_try_result) return ::aloft::fail(std::move(aloft_try_result).error()); \
    ::aloft::internal::take_value(aloft_try_result);                                  \
  })

}  // namespace aloft
