// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log/log.h"
#include "base/retry.h"

namespace aloft::executor {

/// How long storage that cannot be reached is waited for, before a task starts and when it has
/// ended: a task that ends for a fault that would have passed takes all that wait for it with it.
inline constexpr std::chrono::minutes kStoragePatience{10};
/// The longest time of one attempt.
inline constexpr std::chrono::minutes kAttemptTimeMax{2};

/// Storage, or what gives tokens for it, may be back in a while. What this machine's own files fail
/// with is for no one to wait for.
inline bool may_pass(const Error& error) {
  if (error.os_errno != 0) return false;
  return is_passing(error) || error.code == ErrorCode::deadline_exceeded;
}

/// Calls with the limits of one attempt until it succeeds, fails with what is not
/// `worth_repeating`, or kStoragePatience has gone. A failure once `told_to_end` (see
/// EndSignalWatch) is cancelled.
template <class Call>
auto patiently(std::chrono::milliseconds pause, const std::stop_token& told_to_end, Call call,
               bool (*worth_repeating)(const Error&) = may_pass) -> decltype(call(Limits())) {
  const auto give_up = system_clock().now() + kStoragePatience;
  while (true) {
    auto result = call(Limits::within(kAttemptTimeMax, told_to_end));
    if (result) return result;
    const auto next = system_clock().now() + pause;
    const bool again = worth_repeating(result.error()) && next < give_up;
    if (again) {
      log(LogLevel::warning, "storage is waited for: {}", result.error().message);
      system_clock().sleep_until(next, told_to_end);
    }
    if (told_to_end.stop_requested()) {
      return fail(ErrorCode::cancelled, "the task was told to end while it waited for storage: " +
                                            result.error().message);
    }
    if (!again) return result;
  }
}

}  // namespace aloft::executor
