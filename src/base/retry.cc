// SPDX-License-Identifier: Apache-2.0
#include "base/retry.h"

#include <algorithm>
#include <string>

namespace aloft {

void RetryBudget::note_request() {
  auto spare = spare_.lock();
  *spare = std::min(*spare + per_request_, spare_max_);
}

bool RetryBudget::take_repeat() {
  auto spare = spare_.lock();
  if (*spare < 1) return false;
  *spare -= 1;
  return true;
}

Result<void> Retry::pause_after(Error error) {
  ++attempts_;
  if (!error.request_id.empty()) budget_.note_answer();
  const int attempts_max = budget_.heard()
                               ? options_.attempts_max
                               : std::min(options_.attempts_max, options_.attempts_unheard_max);
  if (attempts_ >= attempts_max || !budget_.take_repeat()) {
    if (attempts_ > 1) {
      error.message += "; gave up after " + std::to_string(attempts_) + " attempts";
    }
    return fail(std::move(error));
  }
  // 2^20 times the first pause is beyond any useful longest one.
  const auto longest =
      std::min(options_.pause_max, options_.pause_first * (1 << std::min(attempts_ - 1, 20)));
  const auto jitter =
      std::chrono::milliseconds(random_.below(static_cast<std::uint64_t>(longest.count()) + 1));
  const auto until = clock_.now() + std::max(jitter, error.retry_after);
  if (until >= limits_.deadline) {
    error.code = ErrorCode::deadline_exceeded;
    error.message += "; no time is left to try again";
    return fail(std::move(error));
  }
  if (!clock_.sleep_until(until, limits_.stop)) {
    return fail(ErrorCode::cancelled, "interrupted while waiting to repeat: " + error.message);
  }
  return {};
}

}  // namespace aloft
