// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/limits.h"
#include "base/random.h"

namespace aloft {

struct RetryOptions {
  int attempts_max = 10;
  /// As long as the service has not answered anything yet: its name may be wrong, and then waiting
  /// is of no use.
  int attempts_unheard_max = 6;
  /// The longest first pause; doubles with each attempt. Each pause is a random part of the longest
  /// one (full jitter), so that clients that failed together do not come back together.
  std::chrono::milliseconds pause_first{200};
  std::chrono::milliseconds pause_max{20'000};
  /// A request that fails may be repeated while repeats are fewer than this share of all requests;
  /// `spare_repeats` may be spent before that. Keeps a service that fails from being asked many
  /// times more.
  double repeats_per_request = 0.1;
  double spare_repeats = 100;
};

/// How many repeats are left, and whether the service is there at all. Safe from many threads at
/// once; all that asks one service shares one.
class RetryBudget {
 public:
  explicit RetryBudget(const RetryOptions& options)
      : per_request_(options.repeats_per_request),
        spare_max_(options.spare_repeats),
        spare_(options.spare_repeats) {}
  void note_request();
  /// False if there is none left.
  bool take_repeat();
  /// It answered, whatever.
  void note_answer() { heard_.store(true, std::memory_order_relaxed); }
  bool heard() const { return heard_.load(std::memory_order_relaxed); }

 private:
  const double per_request_;
  const double spare_max_;
  Guarded<double> spare_;
  std::atomic<bool> heard_ = false;
};

/// True for failures that a repeat may cure.
inline bool is_passing(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::throttled;
}

/// The pauses between the attempts of one call.
class Retry {
 public:
  /// All outlive it.
  Retry(const RetryOptions& options, RetryBudget& budget, Clock& clock, Random& random,
        const Limits& limits)
      : options_(options), budget_(budget), clock_(clock), random_(random), limits_(limits) {
    budget_.note_request();
  }

  /// An attempt failed before this one and its answer may be lost: it may have done its work.
  bool repeated() const { return attempts_ > 0; }

  /// No further attempt is needed, or of use.
  void ended() { budget_.note_answer(); }
  /// Waits before the next attempt; fails with the error to report where there is to be none.
  Result<void> pause_after(Error error);

 private:
  const RetryOptions& options_;
  RetryBudget& budget_;
  Clock& clock_;
  Random& random_;
  const Limits& limits_;
  int attempts_ = 0;
};

/// Calls until it succeeds or there is nothing more to hope for; `call` gets the Retry.
template <class Call>
auto with_retry(Retry retry, Call call) -> decltype(call(retry)) {
  for (;;) {
    auto result = call(std::as_const(retry));
    if (result.has_value() || !is_passing(result.error())) {
      retry.ended();
      return result;
    }
    TRY(retry.pause_after(std::move(result).error()));
  }
}

}  // namespace aloft
