// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/guarded.h"

namespace aloft {

/// For tests: time stands still but for advance() and for sleepers, who make it jump to the end of
/// their pause.
class FakeClock final : public Clock {
 public:
  time_point now() override { return *now_.lock(); }
  std::chrono::system_clock::time_point wall_now() override {
    return std::chrono::system_clock::time_point(std::chrono::seconds(1'750'000'000)) +
           std::chrono::duration_cast<std::chrono::system_clock::duration>(
               now().time_since_epoch());
  }
  bool sleep_until(time_point until, std::stop_token stop) override {
    if (stop.stop_requested()) return false;
    auto current = now_.lock();
    if (until > *current) {
      *slept_.lock() += until - *current;
      *current = until;
    }
    return true;
  }
  void advance(std::chrono::steady_clock::duration by) { *now_.lock() += by; }
  /// The sum of all pauses so far.
  std::chrono::steady_clock::duration slept() { return *slept_.lock(); }

 private:
  Guarded<time_point> now_;
  Guarded<std::chrono::steady_clock::duration> slept_;
};

}  // namespace aloft
