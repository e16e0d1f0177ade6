// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/guarded.h"
#include "object/time_histogram.h"

namespace aloft {

/// When a small read is so late that it is worth a second attempt on another connection: later than
/// all but one in a hundred of the last ones. So one slow machine of the service in many holds
/// nobody up; the price is two reads more in a hundred at most. Safe from many threads at once.
class Lateness {
 public:
  /// Reads of more take long to arrive, whenever they begin.
  static constexpr std::uint64_t kReadBytesMax = 64u << 10;

  /// More than any answer takes.
  static constexpr std::chrono::nanoseconds kUnknown = std::chrono::hours(1);

  /// How long a first byte may take; kUnknown as long as too few were seen.
  std::chrono::nanoseconds late_after() const {
    return std::chrono::nanoseconds(late_after_ns_.load(std::memory_order_relaxed));
  }
  /// A read got its first byte after so long.
  void note(std::chrono::nanoseconds first_byte);
  /// True if a second attempt may be made; it counts as made.
  bool may_send_again();

 private:
  struct State {
    TimeHistogram first_bytes{};
    std::uint32_t since_looked = 0;
    double spare = 0;  // Second attempts.
  };
  Guarded<State> state_;
  std::atomic<std::int64_t> late_after_ns_ = kUnknown.count();
};

}  // namespace aloft
