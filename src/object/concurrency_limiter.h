// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/limits.h"
#include "base/result.h"
#include "object/time_histogram.h"

namespace aloft {

struct ConcurrencyOptions {
  std::size_t start = 32;
  std::size_t floor = 4;
  std::size_t ceiling = 300;
};

/// What a request came to, as far as it says something about the service's load.
struct RequestOutcome {
  std::uint64_t body_bytes = 0;           ///< Both directions.
  std::chrono::nanoseconds first_byte{};  ///< From the end of the request; zero if nothing came.
  std::chrono::nanoseconds sending{};     ///< From its begin to its end, as far as it is known.
  bool throttled = false;                 ///< The service asked to slow down.
};

/// How many requests to one account are under way at once: as many as make it faster. Starts low
/// and doubles, four times a second, while that brings at least a tenth more goodput; goes back
/// where it does not, and looks again now and then, for a second each time. Goes down by a fifth
/// when the service asks to slow down (but not again for requests that were under way then), and
/// while the first bytes take twice as long as they did at best without more goodput. After a time
/// of slowing down it is soon back near the number at which that began, and grows in small steps
/// from there.
///
/// Only seconds in which somebody wanted more than there was count: without demand there is nothing
/// to learn. Time in which nothing is under way does not count, and where requests take long, a
/// second is as long as it takes that many to end. Safe from many threads at once.
class ConcurrencyLimiter {
 public:
  /// `clock` outlives the limiter.
  ConcurrencyLimiter(const ConcurrencyOptions& options, Clock& clock);

  /// Places for requests, given back at its end. The limiter outlives it.
  class Permit {
   public:
    Permit(Permit&& other) noexcept
        : limiter_(other.limiter_), count_(std::exchange(other.count_, 0)) {}
    Permit& operator=(Permit&&) = delete;
    ~Permit();

    std::size_t count() const { return count_; }
    /// One of its requests ended, and `left` are still to end or to begin. What they cannot use
    /// goes back. Of what they can use there is one place less where others wait for places, and
    /// more where some are free that nobody waits for: so a call with many requests neither keeps
    /// others out nor stays with the few places that it began with.
    void ended(const RequestOutcome& outcome, std::size_t left);

   private:
    friend class ConcurrencyLimiter;
    Permit(ConcurrencyLimiter* limiter, std::size_t count) : limiter_(limiter), count_(count) {}
    ConcurrencyLimiter* limiter_;
    std::size_t count_;
  };

  /// At least one place and at most `wanted`: half of what is free, so that others get some too.
  /// Waits while there is none; fails as `limits` say.
  Result<Permit> acquire(std::size_t wanted, const Limits& limits);

  /// How many requests may be under way now.
  std::size_t limit();

 private:
  struct Measure {
    double goodput = 0;  // Per second: bytes, and something for each request.
    std::chrono::nanoseconds first_byte{};
  };
  // What happened since `began`.
  struct Round {
    Clock::time_point began{};
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;
    TimeHistogram first_bytes{};
    bool demand = false;
    bool throttled = false;
  };
  struct State {
    std::size_t limit = 0;
    std::size_t under_way = 0;
    std::size_t waiting = 0;         // Calls without a place.
    Clock::time_point idle_since{};  // While none is under way.
    Round round{};
    Clock::time_point slowed_at = Clock::time_point::min();
    bool slowing = false;             // The last round with demand was throttled.
    std::size_t near = 0;             // From here on in small steps.
    bool held_back = false;           // More was of no use, or refused, at least once.
    bool probing = true;              // The last step up is to be judged.
    double gain_wanted = 1.1;         // By it.
    std::optional<Measure> before{};  // The last step up.
    std::size_t limit_before = 0;
    std::chrono::nanoseconds best_first_byte{};
    int rounds_steady = 0;
  };

  /// At most `wanted` places, and about half of those that are free.
  static std::size_t take(State& state, std::size_t wanted);
  void give_back(State& state, std::size_t count);
  void note(State& state, const RequestOutcome& outcome) const;
  void slow_down(State& state, Clock::time_point now) const;
  void end_round(State& state, Clock::time_point now) const;
  void judge(State& state, const Measure& measure) const;
  void step_up(State& state, const Measure& measure) const;
  void step_down(State& state) const;
  static Measure measure_of(const Round& round, std::chrono::nanoseconds time);
  static bool is_slow(State& state, const Measure& measure);

  const ConcurrencyOptions options_;
  Clock& clock_;
  Guarded<State> state_;
  std::condition_variable_any freed_;
};

}  // namespace aloft
