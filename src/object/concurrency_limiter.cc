// SPDX-License-Identifier: Apache-2.0
#include "object/concurrency_limiter.h"

#include <algorithm>

#include "base/wait.h"

namespace aloft {

namespace {

using std::chrono::duration;
using std::chrono::duration_cast;

constexpr std::chrono::nanoseconds kRoundTime = std::chrono::seconds(1);
/// As long as nothing held it back: most copies are over before it could double a few times.
constexpr std::chrono::nanoseconds kFirstRoundTime = std::chrono::milliseconds(250);
/// Fewer requests in a round say nothing.
constexpr std::uint64_t kRequestsMin = 8;
/// What a request is worth beside its bytes, so that small ones count too.
constexpr double kRequestWorth = 4096;
/// A burst of refusals is one reason to go down, not one for each.
constexpr auto kSlowDownPause = std::chrono::milliseconds(250);
constexpr double kDown = 0.8;
constexpr double kGainWanted = 1.1;
/// The best time of first bytes fades, so that a service that became slower for good is not taken
/// for one that is overloaded.
constexpr double kBestFades = 1.02;
/// Rounds without a change after which more is tried again.
constexpr int kRoundsSteadyMax = 16;

}  // namespace

ConcurrencyLimiter::ConcurrencyLimiter(const ConcurrencyOptions& options, Clock& clock)
    : options_(options), clock_(clock) {
  auto state = state_.lock();
  state->limit = std::clamp(options_.start, options_.floor, options_.ceiling);
  state->near = options_.ceiling;
  state->round.began = state->idle_since = clock_.now();
}

std::size_t ConcurrencyLimiter::limit() {
  return state_.lock()->limit;
}

Result<ConcurrencyLimiter::Permit> ConcurrencyLimiter::acquire(std::size_t wanted,
                                                               const Limits& limits) {
  auto state = state_.lock();
  const auto is_free = [&] { return state->under_way < state->limit; };
  if (!is_free()) {
    state->round.demand = true;
    ++state->waiting;
    auto freed = wait_until(freed_, state, limits, "waiting for other requests", is_free);
    --state->waiting;
    TRY(std::move(freed));
  }
  if (state->under_way == 0) state->round.began += clock_.now() - state->idle_since;
  const std::size_t count = take(*state, wanted);
  // There may be some for the next one too.
  if (is_free() && state->waiting > 0) freed_.notify_one();
  return Permit(this, count);
}

std::size_t ConcurrencyLimiter::take(State& state, std::size_t wanted) {
  const std::size_t free = state.limit - std::min(state.limit, state.under_way);
  const std::size_t count = std::min(wanted, (free + 1) / 2);
  if (count < wanted) state.round.demand = true;
  state.under_way += count;
  return count;
}

void ConcurrencyLimiter::give_back(State& state, std::size_t count) {
  if (count == 0) return;
  state.under_way -= count;
  if (state.under_way == 0) state.idle_since = clock_.now();
  if (state.waiting > 0) freed_.notify_one();
}

ConcurrencyLimiter::Permit::~Permit() {
  if (count_ > 0) limiter_->give_back(*limiter_->state_.lock(), count_);
}

void ConcurrencyLimiter::Permit::ended(const RequestOutcome& outcome, std::size_t left) {
  auto state = limiter_->state_.lock();
  limiter_->note(*state, outcome);
  const bool shares = state->waiting > 0 || state->under_way > state->limit;
  const std::size_t usable = std::min(left, shares ? std::max<std::size_t>(count_, 2) - 1 : left);
  if (usable < count_) {
    limiter_->give_back(*state, count_ - usable);
    count_ = usable;
  } else {
    count_ += take(*state, usable - count_);
  }
}

void ConcurrencyLimiter::note(State& state, const RequestOutcome& outcome) const {
  const auto now = clock_.now();
  Round& round = state.round;
  if (outcome.throttled) {
    // Requests that were under way already when it went down say nothing new.
    const auto begun_at = now - outcome.first_byte - outcome.sending;
    if (begun_at >= state.slowed_at) slow_down(state, now);
  } else {
    ++round.requests;
    round.bytes += outcome.body_bytes;
  }
  if (outcome.first_byte > std::chrono::nanoseconds::zero()) {
    round.first_bytes.add(outcome.first_byte);
  }
  const bool tells = round.requests >= std::max(kRequestsMin, std::uint64_t{state.limit});
  const bool complete = tells || round.throttled || !round.demand;
  const auto time_min = state.held_back ? kRoundTime : kFirstRoundTime;
  if (complete && now - round.began >= time_min) end_round(state, now);
}

void ConcurrencyLimiter::slow_down(State& state, Clock::time_point now) const {
  state.round.throttled = true;
  const bool just_did =
      state.slowed_at != Clock::time_point::min() && now - state.slowed_at < kSlowDownPause;
  if (just_did) return;
  state.slowed_at = now;
  state.held_back = true;
  step_down(state);
  if (!state.slowing) state.near = state.limit;
  state.slowing = true;
}

ConcurrencyLimiter::Measure ConcurrencyLimiter::measure_of(const Round& round,
                                                           std::chrono::nanoseconds time) {
  const double worth =
      static_cast<double>(round.bytes) + kRequestWorth * static_cast<double>(round.requests);
  return {.goodput = worth / duration<double>(time).count(),
          .first_byte = round.first_bytes.quantile(0.95)};
}

void ConcurrencyLimiter::end_round(State& state, Clock::time_point now) const {
  const Round round = std::exchange(state.round, {.began = now});
  if (round.throttled) {
    // What was measured while requests were refused is no measure for later.
    state.before.reset();
    state.probing = true;
    return;
  }
  if (!round.demand) return;
  state.slowing = false;
  judge(state, measure_of(round, now - round.began));
}

/// Twice the best, or more.
bool ConcurrencyLimiter::is_slow(State& state, const Measure& measure) {
  std::chrono::nanoseconds& best = state.best_first_byte;
  best = duration_cast<std::chrono::nanoseconds>(best * kBestFades);
  if (best == std::chrono::nanoseconds::zero() || measure.first_byte < best)
    best = measure.first_byte;
  return measure.first_byte >= 2 * best && measure.first_byte > std::chrono::nanoseconds::zero();
}

void ConcurrencyLimiter::judge(State& state, const Measure& measure) const {
  const bool slow = is_slow(state, measure);
  const bool gained = !state.before || measure.goodput >= state.before->goodput * state.gain_wanted;
  if (state.probing && gained) return step_up(state, measure);
  // So short a time may have been a bad one: it is judged by a longer one.
  if (!std::exchange(state.held_back, true)) return;
  if (state.probing) {
    state.probing = false;
    state.limit = state.near = state.limit_before;
  } else if (slow && !gained) {
    state.rounds_steady = 0;
    step_down(state);
    state.near = state.limit;
  } else if (++state.rounds_steady >= kRoundsSteadyMax) {
    step_up(state, measure);
  }
}

void ConcurrencyLimiter::step_up(State& state, const Measure& measure) const {
  const std::size_t from = state.limit;
  const std::size_t small = std::max<std::size_t>(from / 8, 1);
  const std::size_t to = from < state.near ? std::min(from * 2, state.near) : from + small;
  // Near the ceiling it cannot double; what cannot bring a tenth is not asked to.
  state.limit = std::min(to, options_.ceiling);
  const double growth = static_cast<double>(state.limit) / static_cast<double>(from);
  state.gain_wanted = std::min(kGainWanted, 1 + (growth - 1) / 2);
  state.before = measure;
  state.limit_before = from;
  state.probing = state.limit > from;
  state.rounds_steady = 0;
}

void ConcurrencyLimiter::step_down(State& state) const {
  const auto less = static_cast<std::size_t>(static_cast<double>(state.limit) * kDown);
  state.limit = std::max(less, options_.floor);
}

}  // namespace aloft
