// SPDX-License-Identifier: Apache-2.0
#include "emulator/faults/request_faults.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"

namespace aloft::emulator::faults {
namespace {

using namespace std::chrono_literals;

class NoBody final : public http::RequestBody {
 public:
  std::optional<std::uint64_t> length_bytes() const override { return 0; }
  Result<std::size_t> read(std::span<std::byte>) override { return 0; }
};

/// A service that counts what it carries out, behind faults.
class RequestFaultsTest : public ::testing::Test {
 protected:
  void set_rules(std::vector<RequestRule> rules, std::uint64_t seed = 1) {
    faults_.emplace(std::move(rules), seed, clock_);
  }
  http::Response ask(http::Method method, const std::string& target,
                     Service service = Service::blob) {
    http::Request request{.method = method, .target = target, .body = body_};
    request.headers.add("x-ms-version", "2021-12-02");
    const auto carry_out = [this](http::Request&) {
      ++carried_out_;
      return http::Response{.status = 201};
    };
    const auto refuse = [](const http::Request&, const ServiceError& error) {
      http::Response response{.status = error.status};
      response.headers.add("code", error.code);
      for (const auto& [name, value] : error.headers) response.headers.add(name, value);
      return response;
    };
    return faults_->around(service, carry_out, refuse)(request);
  }
  /// One letter for each of so many requests: 'x' where it was struck.
  std::string pattern(int count) {
    std::string letters;
    for (int i = 0; i < count; ++i) {
      letters += ask(http::Method::get, "/a").status == 500 ? 'x' : '.';
    }
    return letters;
  }

  static RequestRule failing() { return {.action = RequestRule::Refuse{.status = 500}}; }

  FakeClock clock_;
  NoBody body_;
  int carried_out_ = 0;
  std::optional<RequestFaults> faults_;
};

TEST_F(RequestFaultsTest, StrikesOnlyWhatMatches) {
  RequestRule rule = failing();
  rule.service = Service::blob;
  rule.method = "PUT";
  rule.target = "/acc/box/*comp=block&*";
  rule.headers = {{"X-MS-Version", "2021-*"}};
  set_rules({rule});
  const std::string block = "/acc/box/a/b?comp=block&blockid=x";
  EXPECT_EQ(ask(http::Method::put, block).status, 500);
  EXPECT_EQ(ask(http::Method::put, block, Service::batch).status, 201);
  EXPECT_EQ(ask(http::Method::get, block).status, 201);
  EXPECT_EQ(ask(http::Method::put, "/acc/box/a/b?comp=blocklist").status, 201);
  rule.headers = {{"x-ms-version", "2020-*"}};
  set_rules({rule});
  EXPECT_EQ(ask(http::Method::put, block).status, 201);
  rule.headers = {{"x-ms-lease-id", "*"}};
  set_rules({rule});
  EXPECT_EQ(ask(http::Method::put, block).status, 201);
}

TEST_F(RequestFaultsTest, LetsTheFirstRuleThatStrikesDecide) {
  RequestRule first = failing();
  first.frequency.count = 1;
  set_rules({first, {.action = RequestRule::Refuse{.status = 503}}});
  EXPECT_EQ(ask(http::Method::get, "/").status, 500);
  EXPECT_EQ(ask(http::Method::get, "/").status, 503);
}

TEST_F(RequestFaultsTest, StrikesAsOftenAsTheRuleSays) {
  RequestRule rule = failing();
  rule.frequency = {.after = 2, .count = 3};
  set_rules({rule});
  EXPECT_EQ(pattern(8), "..xxx...");
}

TEST_F(RequestFaultsTest, RepeatsChanceForTheSameSeed) {
  RequestRule rule = failing();
  rule.frequency.probability = 0.5;
  set_rules({rule}, 1);
  const std::string first = pattern(64);
  set_rules({rule}, 1);
  EXPECT_EQ(pattern(64), first);
  set_rules({rule}, 2);
  EXPECT_NE(pattern(64), first);
}

TEST_F(RequestFaultsTest, RefusesWithoutCarryingOut) {
  set_rules(
      {{.action = RequestRule::Refuse{.status = 503, .code = "ServerBusy", .retry_after_s = 2}}});
  const http::Response response = ask(http::Method::put, "/");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.get("code"), "ServerBusy");
  EXPECT_EQ(response.headers.get("Retry-After"), "2");
  EXPECT_EQ(carried_out_, 0);
}

TEST_F(RequestFaultsTest, DropsAnswersBeforeAndAfterTheRequestIsCarriedOut) {
  set_rules({{.action = RequestRule::Drop{.is_carried_out = false}}});
  EXPECT_EQ(ask(http::Method::put, "/").reset_after_bytes, 0u);
  EXPECT_EQ(carried_out_, 0);
  set_rules({{.action = RequestRule::Drop{.is_carried_out = true}}});
  EXPECT_EQ(ask(http::Method::put, "/").reset_after_bytes, 0u);
  EXPECT_EQ(carried_out_, 1);
}

TEST_F(RequestFaultsTest, BreaksOffAnswers) {
  set_rules({{.action = RequestRule::Reset{.after_bytes = 99}}});
  const http::Response response = ask(http::Method::get, "/");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.reset_after_bytes, 99u);
}

TEST_F(RequestFaultsTest, DelaysUntilItIsStopped) {
  set_rules({{.delay = 3s}});
  EXPECT_EQ(ask(http::Method::get, "/").status, 201);
  EXPECT_EQ(clock_.slept(), 3s);
  faults_->stop();
  ask(http::Method::get, "/");
  EXPECT_EQ(clock_.slept(), 3s);
}

}  // namespace
}  // namespace aloft::emulator::faults
