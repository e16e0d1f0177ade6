// SPDX-License-Identifier: Apache-2.0
#include "object/concurrency_limiter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <iostream>
#include <memory>
#include <queue>
#include <thread>
#include <vector>

#include "base/fake_clock.h"
#include "base/random.h"
#include "base/seeded_random.h"

namespace aloft {
namespace {

using namespace std::chrono_literals;

/// A service and clients that always want one more request, in a time of their own: `capacity`
/// requests are served at a time, each for about `service_time`, the others wait for their turn.
/// More than `refused_from` at a time are refused.
class Simulation {
 public:
  Simulation(std::size_t capacity, std::uint64_t seed, const ConcurrencyOptions& options = {})
      : random_(seed), limiter_(options, clock_), workers_(capacity, clock_.now()) {
    std::make_heap(workers_.begin(), workers_.end(), std::greater<>());
  }

  /// Requests served each second.
  double run(std::chrono::milliseconds time) {
    const auto end = clock_.now() + time;
    served_ = 0;
    for (ask(); !under_way_.empty() && under_way_.top()->end < end; ask()) finish_next();
    clock_.advance(end - clock_.now());
    return static_cast<double>(served_) / std::chrono::duration<double>(time).count();
  }

  void pause(std::chrono::seconds time) {
    while (!under_way_.empty()) finish_next();
    clock_.advance(time);
  }

  std::size_t limit() { return limiter_.limit(); }
  void lose_workers(std::size_t count) {
    workers_.resize(workers_.size() - count);
    std::make_heap(workers_.begin(), workers_.end(), std::greater<>());
  }
  std::size_t refused_from = 1'000'000;
  std::size_t asked_max = 1'000'000;  ///< So many clients.
  std::chrono::microseconds service_time = 20ms;

 private:
  struct Request {
    ConcurrencyLimiter::Permit permit;
    Clock::time_point begin;
    Clock::time_point end;
    bool refused;
  };
  struct Later {
    bool operator()(const std::unique_ptr<Request>& a, const std::unique_ptr<Request>& b) const {
      return a->end > b->end;
    }
  };

  void ask() {
    while (under_way_.size() < asked_max) {
      auto permit = limiter_.acquire(1, {.deadline = Clock::time_point::min()});
      if (!permit) return;
      const auto now = clock_.now();
      const bool refused = under_way_.size() >= refused_from;
      under_way_.push(std::make_unique<Request>(std::move(*permit), now,
                                                refused ? now + 2ms : serve(now), refused));
    }
  }

  Clock::time_point serve(Clock::time_point now) {
    std::pop_heap(workers_.begin(), workers_.end(), std::greater<>());
    const std::chrono::microseconds some = service_time / 5;
    workers_.back() =
        std::max(workers_.back(), now) + 4 * some +
        std::chrono::microseconds(random_.below(static_cast<std::uint64_t>(2 * some.count())));
    const auto end = workers_.back();
    std::push_heap(workers_.begin(), workers_.end(), std::greater<>());
    return end;
  }

  void finish_next() {
    Request& request = *under_way_.top();
    clock_.advance(request.end - clock_.now());
    served_ += request.refused ? 0 : 1;
    request.permit.ended({.body_bytes = request.refused ? 0u : 16'384u,
                          .first_byte = request.end - request.begin,
                          .throttled = request.refused},
                         0);
    under_way_.pop();
  }

  FakeClock clock_;
  SeededRandom random_;
  ConcurrencyLimiter limiter_;
  std::vector<Clock::time_point> workers_;  // When each is free; a heap.
  std::priority_queue<std::unique_ptr<Request>, std::vector<std::unique_ptr<Request>>, Later>
      under_way_;
  std::uint64_t served_ = 0;
};

class LimiterSimulation : public testing::Test {
 protected:
  LimiterSimulation() { RecordProperty("seed", std::to_string(seed_)); }
  ~LimiterSimulation() override {
    if (HasFailure()) std::cerr << "seed " << seed_ << "\n";
  }
  const std::uint64_t seed_ = system_random().below(1'000'000);
};

TEST_F(LimiterSimulation, FindsTheCapacityWithinAFewSeconds) {
  for (const std::size_t capacity : {8u, 50u, 100u, 250u}) {
    Simulation service(capacity, seed_);
    service.run(8s);
    const double best = static_cast<double>(capacity) / 0.020;
    EXPECT_GT(service.run(30s), 0.95 * best) << capacity;
    EXPECT_LE(service.limit(), std::max<std::size_t>(32, 5 * capacity / 2)) << capacity;
  }
}

TEST_F(LimiterSimulation, GoesDownWhereMoreOnlyMakesTheRequestsWait) {
  Simulation service(100, seed_);
  service.run(20s);
  ASSERT_GE(service.limit(), 100u);
  service.lose_workers(80);
  service.run(10s);
  EXPECT_GT(service.run(1s), 0.9 * 20 / 0.020);
  EXPECT_LE(service.limit(), 64u);
}

TEST_F(LimiterSimulation, StaysBelowTheCeiling) {
  Simulation service(100'000, seed_, {.ceiling = 100});
  service.run(20s);
  EXPECT_EQ(service.limit(), 100u);
}

TEST_F(LimiterSimulation, LearnsNothingWithoutDemand) {
  Simulation service(1000, seed_);
  service.asked_max = 16;
  service.run(20s);
  EXPECT_EQ(service.limit(), 32u);
}

TEST_F(LimiterSimulation, StaysNearWhatTheServiceTakes) {
  Simulation service(200, seed_);
  service.refused_from = 60;
  service.run(10s);
  EXPECT_GT(service.run(60s), 0.7 * 60 / 0.020);
  EXPECT_LE(service.limit(), 80u);
}

TEST_F(LimiterSimulation, IsSoonBackAfterABurstOfRefusals) {
  Simulation service(100, seed_);
  service.run(20s);
  const double before = service.run(10s);
  service.refused_from = 0;
  service.run(2s);
  EXPECT_LT(service.limit(), 40u);
  EXPECT_GE(service.limit(), 4u);
  service.refused_from = 1'000'000;
  service.run(10s);
  EXPECT_GT(service.run(10s), 0.8 * before);
}

TEST_F(LimiterSimulation, LearnsFromRequestsThatTakeLong) {
  Simulation service(1000, seed_);
  service.service_time = 10s;
  service.run(2min);
  EXPECT_GE(service.limit(), 128u);
}

TEST_F(LimiterSimulation, TakesNoPauseForASlowService) {
  Simulation service(1000, seed_);
  service.run(600ms);
  ASSERT_EQ(service.limit(), 128u);
  service.pause(20s);
  service.run(300ms);
  EXPECT_GE(service.limit(), 256u);
}

TEST_F(LimiterSimulation, IsNotHeldBackByOneBadMoment) {
  Simulation service(1000, seed_);
  service.run(600ms);
  service.service_time = 80ms;
  service.run(300ms);
  service.service_time = 20ms;
  service.run(3s);
  EXPECT_GE(service.limit(), 256u);
}

// ---- Places

TEST(ConcurrencyLimiter, LeavesPlacesForOthers) {
  ConcurrencyLimiter limiter({.start = 8}, system_clock());
  const auto first = limiter.acquire(100, {});
  EXPECT_EQ(first->count(), 4u);
  const auto second = limiter.acquire(1, {});
  EXPECT_EQ(second->count(), 1u);
  const auto third = limiter.acquire(100, {});
  EXPECT_EQ(third->count(), 2u);
  const auto fourth = limiter.acquire(100, {});
  EXPECT_EQ(fourth->count(), 1u);
  const auto none = limiter.acquire(1, {.deadline = Clock::time_point::min()});
  EXPECT_EQ(none.error().code, ErrorCode::deadline_exceeded);
}

TEST(ConcurrencyLimiter, GoesDownOnceForUploadsThatWereUnderWay) {
  FakeClock clock;
  ConcurrencyLimiter limiter({.start = 100}, clock);
  auto permit = limiter.acquire(10, {});
  const auto refuse = [&](std::chrono::seconds sending) {
    permit->ended({.first_byte = 1ms, .sending = sending, .throttled = true}, 10);
    clock.advance(1s);
  };
  clock.advance(10s);
  for (int seconds = 5; seconds < 9; ++seconds) refuse(std::chrono::seconds(seconds));
  EXPECT_EQ(limiter.limit(), 80u);
  refuse(0s);
  EXPECT_EQ(limiter.limit(), 64u);
}

TEST(ConcurrencyLimiter, WaitsForAPlace) {
  ConcurrencyLimiter limiter({.start = 1, .floor = 1}, system_clock());
  auto first = limiter.acquire(1, {});
  auto waiting = std::async(std::launch::async, [&] { return limiter.acquire(1, {})->count(); });
  auto timed = std::async(std::launch::async, [&] {
    return limiter.acquire(1, Limits::within(std::chrono::minutes(5)))->count();
  });
  first->ended({}, 0);
  EXPECT_EQ(waiting.get(), 1u);
  EXPECT_EQ(timed.get(), 1u);
}

TEST(ConcurrencyLimiter, GivesALongCallThePlacesThatNobodyWaitsFor) {
  ConcurrencyLimiter limiter({.start = 8}, system_clock());
  auto call = limiter.acquire(100, {});
  std::vector<std::size_t> counts;
  for (const std::size_t left : {99u, 98u, 97u, 5u, 0u}) {
    call->ended({}, left);
    counts.push_back(call->count());
  }
  EXPECT_EQ(counts, (std::vector<std::size_t>{6, 7, 8, 5, 0}));
}

TEST(ConcurrencyLimiter, HasALongCallShareWithThoseWhoWait) {
  ConcurrencyLimiter limiter({.start = 2, .floor = 2}, system_clock());
  auto call = limiter.acquire(100, {});
  call->ended({}, 99);
  ASSERT_EQ(call->count(), 2u);
  auto waiting = std::async(std::launch::async, [&] { return limiter.acquire(1, {})->count(); });
  while (waiting.wait_for(0s) != std::future_status::ready) {
    std::this_thread::yield();
    call->ended({}, 99);
    ASSERT_GE(call->count(), 1u);
  }
  EXPECT_EQ(waiting.get(), 1u);
}

TEST(ConcurrencyLimiter, StopsWaitingWhenInterrupted) {
  ConcurrencyLimiter limiter({.start = 1, .floor = 1}, system_clock());
  const auto first = limiter.acquire(1, {});
  std::stop_source stop;
  auto waiting = std::async(std::launch::async, [&] {
    return limiter.acquire(1, {.stop = stop.get_token()}).error().code;
  });
  stop.request_stop();
  EXPECT_EQ(waiting.get(), ErrorCode::cancelled);
}

}  // namespace
}  // namespace aloft
