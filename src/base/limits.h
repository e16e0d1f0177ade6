// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace aloft {

/// How long a call may take: until `deadline`, and only as long as nobody requests `stop`. Travels
/// by reference through the whole call tree; every call that waits takes one.
struct Limits {
  Clock::time_point deadline = Clock::time_point::max();
  std::stop_token stop{};

  /// From now on, on the machine's clock.
  static Limits within(std::chrono::steady_clock::duration time, std::stop_token stop_token = {}) {
    return {.deadline = system_clock().now() + time, .stop = std::move(stop_token)};
  }

  /// Fails with cancelled or deadline_exceeded, naming `what` was being done.
  Result<void> check(Clock& clock, std::string_view what) const {
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, std::string(what) + " was interrupted");
    }
    if (clock.now() >= deadline) {
      return fail(ErrorCode::deadline_exceeded, std::string(what) + " took too long");
    }
    return {};
  }
};

}  // namespace aloft
