// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "base/limits.h"
#include "base/result.h"

namespace aloft {

/// Waits until `predicate` holds, asked whenever `changed` is notified; fails as Limits::check()
/// does, naming `what` was waited for.
template <class Locked, class Predicate>
Result<void> wait_until(std::condition_variable_any& changed, Locked& locked, const Limits& limits,
                        std::string_view what, Predicate predicate) {
  auto& lock = locked.mutex_lock();
  const bool held = limits.deadline == Clock::time_point::max()
                        ? changed.wait(lock, limits.stop, predicate)
                        : changed.wait_until(lock, limits.stop, limits.deadline, predicate);
  if (held) return {};
  if (limits.stop.stop_requested()) {
    return fail(ErrorCode::cancelled, std::string(what) + " was interrupted");
  }
  return fail(ErrorCode::deadline_exceeded, std::string(what) + " took too long");
}

}  // namespace aloft
