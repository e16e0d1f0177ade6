// SPDX-License-Identifier: Apache-2.0
#include "azure/token_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "azure/token_server_fake.h"
#include "base/fake_clock.h"

namespace aloft::azure {
namespace {

class TokenCacheTest : public testing::Test {
 protected:
  static Limits limits() { return Limits::within(std::chrono::seconds(20)); }
  Identities identities(std::string client_id = "") const {
    return {{ManagedIdentity{.authority = service_.authority(), .client_id = client_id}}};
  }
  std::string token() { return tokens_->token(limits()).value(); }

  FakeClock clock_;
  FakeTokenServer service_;
  TokenCaches caches_{{.clock = &clock_}};
  const std::shared_ptr<TokenCache> tokens_ = caches_.of(identities(), kStorageResource);
};

TEST_F(TokenCacheTest, KeepsATokenUntilShortlyBeforeItsEnd) {
  EXPECT_EQ(token(), "token1");
  clock_.advance(std::chrono::minutes(49));
  EXPECT_EQ(token(), "token1");
  clock_.advance(std::chrono::minutes(1));
  EXPECT_EQ(token(), "token2");
  EXPECT_EQ(service_.requests(), 2);
}

TEST_F(TokenCacheTest, GoesOnWithTheOldTokenWhileThereIsNoNewOne) {
  EXPECT_EQ(token(), "token1");
  service_.answer("500 Oops", "");
  clock_.advance(std::chrono::minutes(55));
  EXPECT_EQ(token(), "token1");
  EXPECT_EQ(token(), "token1");
  EXPECT_EQ(service_.requests(), 2) << "it asks again only after a pause";
  clock_.advance(std::chrono::minutes(5));
  EXPECT_EQ(tokens_->token(limits()).error().code, ErrorCode::unavailable);
  service_.give_tokens();
  EXPECT_EQ(token(), "token4");
}

TEST_F(TokenCacheTest, ForgetsATokenThatIsRefusedOnce) {
  EXPECT_EQ(token(), "token1");
  tokens_->forget("token1");
  EXPECT_EQ(token(), "token2");
  tokens_->forget("token1");  // By a thread that was slower.
  EXPECT_EQ(token(), "token2");
}

TEST_F(TokenCacheTest, AsksOnceForManyThreads) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] { EXPECT_EQ(token(), "token1"); });
  }
  threads.clear();
  EXPECT_EQ(service_.requests(), 1);
}

TEST_F(TokenCacheTest, IsSharedByThoseWhoAskForTheSameOfTheSameIdentity) {
  EXPECT_EQ(caches_.of(identities(), kStorageResource), tokens_);
  EXPECT_NE(caches_.of(identities(), kBatchResource), tokens_);
  EXPECT_NE(caches_.of(identities("another"), kStorageResource), tokens_);
}

/// Gives one token at once; then nobody has one before proceed() is called.
class SlowSource final : public TokenSource {
 public:
  explicit SlowSource(Clock& clock) : clock_(clock) {}
  std::string name() const override { return "slow"; }
  Result<AccessToken> request(const Limits&) override {
    const int number = ++*requests_.lock();
    if (number > 1) {
      auto may = may_proceed_.lock();
      proceeding_.wait(may.mutex_lock(), [&] { return *may; });
    }
    return AccessToken{.text = "token" + std::to_string(number),
                       .expires = clock_.wall_now() + std::chrono::hours(1)};
  }
  void proceed() {
    *may_proceed_.lock() = true;
    proceeding_.notify_all();
  }
  int requests() { return *requests_.lock(); }

 private:
  Clock& clock_;
  Guarded<int> requests_{0};
  Guarded<bool> may_proceed_{false};
  std::condition_variable proceeding_;
};

TEST_F(TokenCacheTest, LetsOthersUseTheOldTokenWhileOneAsksForTheNext) {
  auto owned = std::make_unique<SlowSource>(clock_);
  SlowSource& source = *owned;
  TokenCache cache(std::move(owned), clock_);
  EXPECT_EQ(cache.token(limits()).value(), "token1");
  clock_.advance(std::chrono::minutes(55));
  std::jthread asking([&] { EXPECT_EQ(cache.token(limits()).value(), "token2"); });
  while (source.requests() < 2) std::this_thread::yield();
  EXPECT_EQ(cache.token(limits()).value(), "token1");
  source.proceed();
  asking.join();
  EXPECT_EQ(cache.token(limits()).value(), "token2");
  EXPECT_EQ(source.requests(), 2);
}

/// Has no token; what it says of it comes when another thread has begun to wait, if it is quick.
class FailingSource final : public TokenSource {
 public:
  explicit FailingSource(const std::atomic<int>& callers) : callers_(callers) {}
  std::string name() const override { return "failing"; }
  Result<AccessToken> request(const Limits&) override {
    ++requests_;
    while (callers_ < 2) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return fail(ErrorCode::unavailable, "no route");
  }
  int requests() const { return requests_; }

 private:
  const std::atomic<int>& callers_;
  std::atomic<int> requests_{0};
};

TEST_F(TokenCacheTest, SharesAFailureWithThoseWhoWait) {
  int requests = 0;
  // A thread may be too late to wait; it is not each time.
  for (int round = 0; round < 100 && requests != 1; ++round) {
    std::atomic<int> callers{0};
    auto owned = std::make_unique<FailingSource>(callers);
    const FailingSource& source = *owned;
    TokenCache cache(std::move(owned), clock_);
    const auto call = [&] {
      ++callers;
      EXPECT_EQ(cache.token(limits()).error().message, "no route");
    };
    { const std::jthread one(call), other(call); }
    requests = source.requests();
  }
  EXPECT_EQ(requests, 1);
}

}  // namespace
}  // namespace aloft::azure
