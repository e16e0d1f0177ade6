// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log/log.h"
#include "base/retry.h"
#include "executor/supervisor/end_signals.h"

namespace aloft::executor {

/// How long storage that cannot be reached is waited for, before a task starts and when it has
/// ended: a task that ends for a fault that would have passed takes all that wait for it with it.
inline constexpr std::chrono::minutes kStoragePatience{10};
/// The longest time of one attempt.
inline constexpr std::chrono::minutes kAttemptTimeMax{2};

/// Storage, or what gives tokens for it, may be back in a while.
inline bool may_pass(const Error& error) {
  return is_passing(error) || error.code == ErrorCode::deadline_exceeded;
}

/// Calls with the limits of one attempt until it succeeds, fails with what is not
/// `worth_repeating`, or kStoragePatience has gone. A failure when this process was told to end is
/// cancelled; the signal still waits for who reads it.
template <class Call>
auto patiently(std::chrono::milliseconds pause, Call call,
               bool (*worth_repeating)(const Error&) = may_pass) -> decltype(call(Limits())) {
  const EndSignalWatch told_to_end;
  const auto give_up = system_clock().now() + kStoragePatience;
  while (true) {
    auto result = call(Limits::within(kAttemptTimeMax, told_to_end.token()));
    if (result) return result;
    const auto next = system_clock().now() + pause;
    const bool again = worth_repeating(result.error()) && next < give_up;
    if (again) {
      log(LogLevel::warning, "storage is waited for: {}", result.error().message);
      system_clock().sleep_until(next, told_to_end.token());
    }
    if (told_to_end.token().stop_requested()) {
      return fail(ErrorCode::cancelled, "the task was told to end while it waited for storage: " +
                                            result.error().message);
    }
    if (!again) return result;
  }
}

}  // namespace aloft::executor
