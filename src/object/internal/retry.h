// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "base/limits.h"
#include "object/retrying_store.h"

namespace aloft::internal {

/// True for failures that a repeat may cure.
inline bool is_passing(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::throttled;
}

/// The pauses between the attempts of one call.
class Retry {
 public:
  /// All outlive it.
  Retry(const RetryOptions& options, RetryBudget& budget, Clock& clock, Random& random,
        const Limits& limits)
      : options_(options), budget_(budget), clock_(clock), random_(random), limits_(limits) {
    budget_.note_request();
  }

  /// An attempt failed before this one and its answer may be lost: it may have done its work.
  bool repeated() const { return attempts_ > 0; }

  /// Waits before the next attempt; fails with the error to report where there is to be none.
  Result<void> pause_after(Error error);

 private:
  const RetryOptions& options_;
  RetryBudget& budget_;
  Clock& clock_;
  Random& random_;
  const Limits& limits_;
  int attempts_ = 0;
};

/// Calls until it succeeds or there is nothing more to hope for; `call` gets the Retry.
template <class Call>
auto with_retry(Retry retry, Call call) -> decltype(call(retry)) {
  for (;;) {
    auto result = call(std::as_const(retry));
    if (result.has_value() || !is_passing(result.error())) return result;
    TRY(retry.pause_after(std::move(result).error()));
  }
}

}  // namespace aloft::internal
