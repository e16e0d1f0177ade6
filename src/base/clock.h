// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>

namespace aloft {

/// Time as a seam: production code takes a Clock, tests bring a FakeClock (fake_clock.h). Safe from
/// any thread.
class Clock {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  virtual ~Clock() = default;
  /// Monotonic: for deadlines and pauses.
  virtual time_point now() = 0;
  /// Of the calendar: for dates in protocols and records.
  virtual std::chrono::system_clock::time_point wall_now() = 0;
  /// Returns at `until`, or at once when `stop` is requested; true if the whole pause passed.
  virtual bool sleep_until(time_point until, std::stop_token stop) = 0;
};

/// The machine's own clock; lives as long as the program.
Clock& system_clock();

}  // namespace aloft
