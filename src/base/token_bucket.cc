// SPDX-License-Identifier: Apache-2.0
#include "base/token_bucket.h"

#include <algorithm>

namespace aloft {

Result<void> TokenBucket::take(std::uint64_t amount, const Limits& limits) {
  const std::chrono::duration<double> time(static_cast<double>(amount) /
                                           static_cast<double>(per_second_));
  Clock::time_point turn;
  {
    auto next = next_turn_.lock();
    turn = std::max(*next, clock_.now());
    *next = turn + std::chrono::duration_cast<Clock::time_point::duration>(time);
  }
  clock_.sleep_until(std::min(turn, limits.deadline), limits.stop);
  return limits.check(clock_, "waiting for the bandwidth that is allowed");
}

}  // namespace aloft
