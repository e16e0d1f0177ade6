// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/limits.h"

namespace aloft {

/// A rate that many threads share: each says how much it is about to use and waits for its turn.
/// Turns are given in the order of the calls, so that on average no more than the rate is used,
/// whatever the number of threads; unused time is not saved up. Safe from many threads at once.
class TokenBucket {
 public:
  /// `per_second` is not 0; `clock` outlives it.
  TokenBucket(std::uint64_t per_second, Clock& clock) : per_second_(per_second), clock_(clock) {}

  std::uint64_t per_second() const { return per_second_; }

  /// Returns when all that was asked for before has had its time. Fails with cancelled or
  /// deadline_exceeded; what was asked for then counts as used.
  Result<void> take(std::uint64_t amount, const Limits& limits);

 private:
  const std::uint64_t per_second_;
  Clock& clock_;
  Guarded<Clock::time_point> next_turn_{Clock::time_point::min()};
};

}  // namespace aloft
