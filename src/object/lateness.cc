// SPDX-License-Identifier: Apache-2.0
#include "object/lateness.h"

#include <algorithm>

namespace aloft {

namespace {

constexpr std::chrono::nanoseconds kLateMin = std::chrono::milliseconds(2);
constexpr double kLatePart = 0.99;
/// With fewer, one in a hundred says nothing.
constexpr std::uint64_t kKnownMin = 200;
/// Then older ones begin to fade.
constexpr std::uint64_t kKnownMax = 2000;
constexpr std::uint32_t kLookEvery = 50;
constexpr double kSparePerRead = 0.02;
/// No more are saved up for a bad moment.
constexpr double kSpareMax = 8;

}  // namespace

void Lateness::note(std::chrono::nanoseconds first_byte) {
  auto state = state_.lock();
  state->first_bytes.add(first_byte);
  state->spare = std::min(state->spare + kSparePerRead, kSpareMax);
  if (++state->since_looked < kLookEvery) return;
  state->since_looked = 0;
  if (state->first_bytes.count() < kKnownMin) return;
  const auto late = std::max(state->first_bytes.quantile(kLatePart), kLateMin);
  late_after_ns_.store(late.count(), std::memory_order_relaxed);
  if (state->first_bytes.count() >= kKnownMax) state->first_bytes.fade();
}

bool Lateness::may_send_again() {
  auto state = state_.lock();
  if (state->spare < 1) return false;
  state->spare -= 1;
  return true;
}

}  // namespace aloft
