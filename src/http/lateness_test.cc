// SPDX-License-Identifier: Apache-2.0
// Requests that are sent again because the answer is late.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "http/client.h"
#include "http/fake_server.h"

namespace aloft::http {
namespace {

using namespace std::chrono_literals;

/// The first `slow_` requests get no answer for as long as the test runs.
class LatenessTest : public testing::Test {
 protected:
  struct Observer final : PerformOptions::Observer {
    std::size_t ended(const Exchange&) override {
      ++ends;
      return connections_max;
    }
    bool may_send_again(const Exchange&) override { return ++asked <= allowed; }
    int allowed = 1000;
    int asked = 0;
    int ends = 0;
    std::size_t connections_max = 100;
  };

  Exchange get(std::chrono::nanoseconds late_after = 5ms) {
    Exchange exchange;
    exchange.endpoint = server_.endpoint();
    exchange.sink = sink_;
    exchange.late_after = late_after;
    return exchange;
  }
  void perform(std::vector<Exchange>& exchanges, Limits limits = Limits::within(20s)) {
    std::vector<Exchange*> all;
    for (Exchange& exchange : exchanges) all.push_back(&exchange);
    client_.perform(all, limits, {.connections_max = 100, .observer = &observer_});
  }
  void serve(FakeConnection& connection) {
    while (!connection.read_request().empty()) {
      if (requests_++ < slow_) {
        connection.wait_for_end();
        ++dropped_;
        return;
      }
      connection.answer("x");
    }
  }

  std::array<std::byte, 8> sink_{};
  std::atomic<int> slow_ = 1;
  std::atomic<int> requests_ = 0;
  std::atomic<int> dropped_ = 0;
  Observer observer_;
  FakeServer server_{[this](FakeConnection& connection, int) { serve(connection); }};
  Client client_;
};

TEST_F(LatenessTest, TakesTheFirstAnswer) {
  std::vector<Exchange> exchanges{get()};
  perform(exchanges);
  ASSERT_TRUE(exchanges[0].result) << exchanges[0].result.error().message;
  EXPECT_EQ(exchanges[0].answer.sink_bytes, 1u);
  EXPECT_GE(exchanges[0].answer.first_byte_time, 5ms) << "as the caller saw it";
  EXPECT_EQ(observer_.ends, 1);
  EXPECT_EQ(requests_, 2);
  while (dropped_ == 0) std::this_thread::yield();
  exchanges = {get(0ms)};
  perform(exchanges);
  EXPECT_TRUE(exchanges[0].result);
  EXPECT_EQ(server_.connections(), 2) << "the one that answered is used again";
}

TEST_F(LatenessTest, SendsAgainOnceAmongMany) {
  slow_ = 3;
  std::vector<Exchange> exchanges(30, get(20ms));
  perform(exchanges);
  for (const Exchange& exchange : exchanges) {
    EXPECT_TRUE(exchange.result);
    EXPECT_EQ(exchange.answer.sink_bytes, 1u);
  }
  EXPECT_EQ(observer_.ends, 30);
  EXPECT_GE(requests_, 33);
}

TEST_F(LatenessTest, SendsNothingAgainThatIsNotAllowed) {
  observer_.allowed = 0;
  std::vector<Exchange> exchanges{get()};
  perform(exchanges, Limits::within(100ms));
  EXPECT_EQ(exchanges[0].result.error().code, ErrorCode::deadline_exceeded);
  EXPECT_EQ(observer_.asked, 1);
  exchanges = {get(0ms)};
  slow_ = 1000;
  perform(exchanges, Limits::within(50ms));
  EXPECT_EQ(observer_.asked, 1);
  EXPECT_EQ(requests_, 2);
}

TEST_F(LatenessTest, EndsBothAttemptsWithTheCall) {
  slow_ = 1000;
  std::vector<Exchange> exchanges{get(), get(0ms)};
  perform(exchanges, Limits::within(100ms));
  for (const Exchange& exchange : exchanges) {
    EXPECT_EQ(exchange.result.error().code, ErrorCode::deadline_exceeded);
  }
  EXPECT_EQ(observer_.ends, 2);
  slow_ = 0;
  perform(exchanges);
  for (const Exchange& exchange : exchanges) EXPECT_TRUE(exchange.result);
}

TEST(Lateness, LeavesTheExchangeToTheAttemptThatIsLeft) {
  std::latch second{1};
  FakeServer server([&](FakeConnection& connection, int number) {
    connection.read_request();
    if (number == 0) {
      connection.wait_for_end();
    } else {
      second.count_down();  // And ends without an answer.
    }
  });
  struct Allowing final : PerformOptions::Observer {
    std::size_t ended(const Exchange&) override { return 1; }
    bool may_send_again(const Exchange&) override { return true; }
  } observer;
  Exchange exchange;
  exchange.endpoint = server.endpoint();
  exchange.late_after = 5ms;
  Exchange* const only = &exchange;
  Client().perform(std::span(&only, 1), Limits::within(200ms), {.observer = &observer});
  EXPECT_TRUE(second.try_wait());
  EXPECT_EQ(exchange.result.error().code, ErrorCode::deadline_exceeded) << "the first one waits";
}

}  // namespace
}  // namespace aloft::http
