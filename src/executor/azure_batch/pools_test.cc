// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/pools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "base/seeded_random.h"
#include "executor/azure_batch/service/testing/fake_batch.h"

namespace aloft::executor {
namespace {

using batch::NodeCounts;
using batch::Pool;
using batch::testing::Asked;
using batch::testing::FakeBatch;
using batch::testing::Trouble;
using ::testing::HasSubstr;

class PoolsTest : public ::testing::Test {
 protected:
  Result<void> make(const PoolPlan& plan) {
    return make_pool(client_, plan, {.digest = "d1", .url = "https://lab/b"}, limits_, clock_);
  }
  Pool pool() { return client_.pool("p", limits_).value(); }

  const Limits limits_ = Limits::within(std::chrono::hours(24));
  const PoolPlan plan_{.id = "p", .vm_size = "Standard_D4s_v3", .nodes = {.dedicated = 2}};
  FakeClock clock_;
  SeededRandom random_{1};
  FakeBatch service_;
  batch::BatchClient client_{
      service_.account(), std::make_shared<http::Client>(), {.clock = &clock_, .random = &random_}};
};

TEST_F(PoolsTest, AreSetUpBeforeTheyGrow) {
  ASSERT_TRUE(make(plan_));
  EXPECT_EQ(service_.state().lock()->asked.back().path, "/pools/p/resize");
  EXPECT_EQ(pool().target, (NodeCounts{.dedicated = 2}));
  EXPECT_EQ(pool().slots_per_node, 4u);
  EXPECT_EQ(pool().labels.at(kCoresLabel), "4");
  EXPECT_EQ(pool().labels.at(kBundleLabel), "d1");
  const auto state = service_.state().lock();
  const auto& json = state->pools.at("p");
  EXPECT_EQ(json["startTask"]["resourceFiles"][0]["identityReference"]["resourceId"],
            service_.settings().lock()->identity);
}

TEST_F(PoolsTest, AreMadeWholeWhereverTheMakerDied) {
  // Its requests: create, look, set up, resize. Each maker dies before one more of them.
  for (std::size_t allowed = 0; allowed < 4; ++allowed) {
    const std::string id = "p" + std::to_string(allowed);
    PoolPlan plan = plan_;
    plan.id = id;
    std::stop_source stop;
    const std::size_t before = service_.state().lock()->asked.size();
    service_.settings().lock()->trouble = [=](const Asked&, std::size_t number) mutable {
      if (number < before + allowed) return Trouble::none;
      stop.request_stop();
      return Trouble::lost_request;
    };
    const Limits killed = Limits::within(std::chrono::hours(1), stop.get_token());
    EXPECT_FALSE(
        make_pool(client_, plan, {.digest = "d1", .url = "https://lab/b"}, killed, clock_));
    service_.settings().lock()->trouble = nullptr;
    EXPECT_TRUE(make(plan)) << "after " << allowed;
    EXPECT_EQ(client_.pool(id, limits_)->target.dedicated, 2u);
    EXPECT_TRUE(client_.pool(id, limits_)->has_start_task);
  }
}

TEST_F(PoolsTest, AreNotTakenFromOthers) {
  ASSERT_TRUE(make(plan_));
  const auto again = make(plan_);
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
  EXPECT_THAT(again.error().message, HasSubstr("has nodes"));
  PoolPlan other = plan_;
  other.id = "q";
  other.nodes = {};
  ASSERT_TRUE(make(other));
  other.vm_size = "Standard_D8s_v3";
  EXPECT_THAT(make(other).error().message, HasSubstr("is of Standard_D4s_v3"));
  other.vm_size = "standard_d4s_v3";
  other.slots = 1;
  EXPECT_THAT(make(other).error().message, HasSubstr("has 4 slots"));
}

TEST_F(PoolsTest, NeedAnIdentity) {
  service_.settings().lock()->identity = "";
  const auto made = make(plan_);
  EXPECT_EQ(made.error().code, ErrorCode::unsupported);
  EXPECT_THAT(made.error().message, HasSubstr("user-assigned identity"));
  EXPECT_EQ(pool().state, Pool::State::deleting) << "nothing is left behind";
}

TEST_F(PoolsTest, RefuseNamesAndSizesThatCannotBe) {
  PoolPlan plan = plan_;
  plan.id = "a b";
  EXPECT_EQ(make(plan).error().code, ErrorCode::invalid_argument);
  plan = plan_;
  plan.vm_size = "Standard_Huge";
  EXPECT_THAT(make(plan).error().message, HasSubstr("--cores"));
  plan.cores = 8;
  EXPECT_TRUE(make(plan));
  EXPECT_EQ(service_.count_asked("POST", "/pools"), 1u);
}

TEST_F(PoolsTest, AreResizedWhenTheyAreSteady) {
  ASSERT_TRUE(make(plan_));
  std::atomic<int> looks = 0;
  service_.settings().lock()->trouble = [&](const Asked& asked, std::size_t) {
    if (asked.is("GET", "/pools/{}") && ++looks == 4) {
      service_.set_pool("p", {{"allocationState", "steady"}});
    }
    return Trouble::none;
  };
  ASSERT_TRUE(resize_pool(client_, "p", {.dedicated = 0, .spot = 5}, limits_, clock_));
  EXPECT_EQ(pool().target, (NodeCounts{.spot = 5}));
  EXPECT_EQ(service_.count_asked("POST", "/pools/{}/stopresize"), 1u);
  service_.settings().lock()->trouble = nullptr;
}

}  // namespace
}  // namespace aloft::executor
