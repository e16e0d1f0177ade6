// SPDX-License-Identifier: Apache-2.0
// What one call of many may use, and who hears of their ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "http/client.h"
#include "http/fake_server.h"

namespace aloft::http {
namespace {

using namespace std::chrono_literals;

std::vector<Exchange> requests(const FakeServer& server, std::vector<std::string> targets) {
  std::vector<Exchange> exchanges(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    exchanges[i].endpoint = server.endpoint();
    exchanges[i].target = std::move(targets[i]);
  }
  return exchanges;
}

void perform(std::vector<Exchange>& exchanges, const PerformOptions& options) {
  std::vector<Exchange*> all;
  for (Exchange& exchange : exchanges) all.push_back(&exchange);
  Client().perform(all, Limits::within(10s), options);
}

TEST(PerformOptions, TellOfEachExchangeAsItEnds) {
  FakeServer server([](FakeConnection& connection, int) {
    const bool late = connection.read_request().starts_with("GET /late");
    if (late) std::this_thread::sleep_for(30ms);
    connection.answer("x");
  });
  struct Ends final : PerformOptions::Observer {
    std::size_t ended(const Exchange& exchange) override {
      targets.push_back(exchange.target);
      return 10;
    }
    std::vector<std::string> targets;
  } ends;
  auto exchanges = requests(server, {"/late", "/early", "no path"});
  perform(exchanges, {.observer = &ends});
  EXPECT_THAT(ends.targets, testing::ElementsAre("no path", "/early", "/late"));
  EXPECT_GE(exchanges[0].answer.first_byte_time, 25ms);
  EXPECT_LT(exchanges[0].answer.first_byte_time, 10s);
  EXPECT_EQ(exchanges[2].answer.first_byte_time, 0ms);
}

TEST(PerformOptions, ChangeHowManyAreUnderWay) {
  std::atomic<std::size_t> under_way = 0;
  Guarded<std::vector<std::size_t>> seen;
  FakeServer server([&](FakeConnection& connection, int) {
    while (!connection.read_request().empty()) {
      seen.lock()->push_back(++under_way);
      std::this_thread::sleep_for(2ms);
      --under_way;
      connection.answer("x");
    }
  });
  struct Steps final : PerformOptions::Observer {
    std::size_t ended(const Exchange&) override { return ++count <= 20 ? 4 : 1; }
    int count = 0;
  } steps;
  auto exchanges = requests(server, std::vector<std::string>(40, "/"));
  perform(exchanges, {.connections_max = 1, .observer = &steps});
  for (const Exchange& exchange : exchanges) EXPECT_TRUE(exchange.result);
  const std::vector<std::size_t> counts = *seen.lock();
  EXPECT_EQ(counts.front(), 1u);
  EXPECT_LE(std::ranges::max(counts), 4u);
  EXPECT_GE(std::ranges::max(counts), 2u);
  EXPECT_THAT(std::vector(counts.end() - 15, counts.end()), testing::Each(1u));
}

}  // namespace
}  // namespace aloft::http
