// SPDX-License-Identifier: Apache-2.0
#include "emulator/faults/request_faults.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "emulator/wire/copy_pending.h"
#include "http/client.h"

namespace aloft::emulator::faults {
namespace {

using namespace std::chrono_literals;

class FakeBody final : public http::RequestBody {
 public:
  std::optional<std::uint64_t> length_bytes() const override { return text.size(); }
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    const std::size_t got = text.copy(reinterpret_cast<char*>(buffer.data()), buffer.size());
    text.erase(0, got);
    return got;
  }
  std::string text;
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
    if (!wanted_.empty()) request.headers.add(kFaultField, wanted_);
    const auto carry_out = [this](http::Request& carried) {
      ++carried_out_;
      copy_pending_ = carried.headers.get(kCopyPendingField);
      std::vector<std::byte> buffer(5000);
      const auto got = carried.body.read_full(buffer);
      EXPECT_TRUE(got.has_value());
      received_.assign(reinterpret_cast<const char*>(buffer.data()), got.value_or(0));
      http::Response response{.status = 201};
      if (!answer_.empty()) response.set_body(answer_);
      return response;
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

  static std::string text_of(http::Response response) {
    std::string text(static_cast<std::size_t>(response.source_length_bytes), '\0');
    const auto bytes = std::as_writable_bytes(std::span(text));
    for (std::size_t done = 0; done < text.size();) {
      done += response.source->read(bytes.subspan(done)).value();
    }
    return text;
  }
  static RequestRule failing() { return {.action = RequestRule::Refuse{.status = 500}}; }

  FakeClock clock_;
  FakeBody body_;
  std::string answer_;  ///< Of the service.
  std::string wanted_;  ///< The request's own fault, if any.
  int carried_out_ = 0;
  std::string received_;
  std::string copy_pending_;  ///< As the service was told with the last request.
  std::optional<RequestFaults> faults_;
};

TEST_F(RequestFaultsTest, TellsTheServiceHowLongACopyIsPending) {
  set_rules({{.target = "*copy*", .copy_pending_ms = 500}});
  EXPECT_EQ(ask(http::Method::put, "/copy").status, 201);
  EXPECT_EQ(copy_pending_, "500");
  EXPECT_EQ(ask(http::Method::put, "/other").status, 201);
  EXPECT_EQ(copy_pending_, "");
  wanted_ = "copy_pending_ms = 7";
  EXPECT_EQ(ask(http::Method::put, "/other").status, 201);
  EXPECT_EQ(copy_pending_, "7");
}

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

TEST_F(RequestFaultsTest, FlipsOneBitOfABody) {
  set_rules({{.frequency = {.count = 1},
              .connection_bytes_per_s = 51'200,
              .action = RequestRule::Damage{}}});
  for (const std::string& arrived :
       {std::string("c") + std::string(4999, 'b'), std::string(5000, 'b')}) {
    body_.text = std::string(5000, 'b');
    ask(http::Method::put, "/a");
    EXPECT_EQ(received_, arrived);
  }
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

TEST_F(RequestFaultsTest, DelaysByChanceAsTheSeedSays) {
  const auto sum_of = [this](Delay delay, std::uint64_t seed) {
    set_rules({{.delay = delay}}, seed);
    const auto before = clock_.slept();
    for (int i = 0; i < 1000; ++i) ask(http::Method::get, "/");
    return clock_.slept() - before;
  };
  EXPECT_EQ(sum_of(ExponentialDelay{.mean_ms = 20}, 1), sum_of(ExponentialDelay{.mean_ms = 20}, 1));
  EXPECT_NE(sum_of(ExponentialDelay{.mean_ms = 20}, 1), sum_of(ExponentialDelay{.mean_ms = 20}, 2));
  // A thousand draws are near their mean: 20 s, 30 s, and 20 s * exp(1/2).
  for (const auto& [delay, mean] : {std::pair<Delay, double>{ExponentialDelay{.mean_ms = 20}, 20},
                                    {UniformDelay{.min_ms = 10, .max_ms = 50}, 30},
                                    {LognormalDelay{.median_ms = 20, .sigma = 1}, 33}}) {
    const std::chrono::duration<double> sum = sum_of(delay, 1);
    EXPECT_NEAR(sum.count(), mean, mean / 4) << delay.index();
  }
}

TEST_F(RequestFaultsTest, CapsTheBandwidthOfARequest) {
  set_rules({{.connection_bytes_per_s = 1000}});
  answer_ = std::string(3000, 'a');
  EXPECT_EQ(text_of(ask(http::Method::get, "/")), answer_);
  EXPECT_EQ(clock_.slept(), 3s);
  body_.text = std::string(2000, 'b');
  text_of(ask(http::Method::put, "/"));
  EXPECT_EQ(clock_.slept(), 8s);
}

TEST_F(RequestFaultsTest, CapsTheBandwidthOfAllRequestsTogether) {
  set_rules({{.total_bytes_per_s = 1000}});
  answer_ = std::string(1000, 'a');
  // Both answers are under way at once: their pieces share the line.
  http::Response one = ask(http::Method::get, "/");
  http::Response other = ask(http::Method::get, "/");
  text_of(std::move(one));
  text_of(std::move(other));
  EXPECT_EQ(clock_.slept(), 2s);
  faults_->stop();
  text_of(ask(http::Method::get, "/"));
  EXPECT_EQ(clock_.slept(), 2s);
}

TEST_F(RequestFaultsTest, ARequestMayAskForItsOwnFault) {
  set_rules({failing()});
  wanted_ = "delay_ms = 2000, drop = \"after\"";
  EXPECT_EQ(ask(http::Method::get, "/").reset_after_bytes, 0u);
  EXPECT_EQ(clock_.slept(), 2s);
  EXPECT_EQ(carried_out_, 1);
  wanted_ = "nonsense";
  EXPECT_EQ(ask(http::Method::get, "/").headers.get("code"), "InvalidHeaderValue");
  EXPECT_EQ(carried_out_, 1);
  wanted_.clear();
  EXPECT_EQ(ask(http::Method::get, "/").status, 500);
}

TEST_F(RequestFaultsTest, LeavesTheConnectionItsAddress) {
  faults_.emplace(std::vector<RequestRule>{{.connection_bytes_per_s = 1'000'000}}, 1, clock_);
  const auto say_address = [](http::Request& request) {
    http::Response response;
    response.set_body(request.peer_address);
    return response;
  };
  const auto refuse = [](const http::Request&, const ServiceError&) { return http::Response(); };
  const auto server =
      http::Server::start({}, faults_->around(Service::blob, say_address, refuse)).value();
  http::Client client;
  for (int request = 0; request < 2; ++request) {
    http::Exchange exchange{.endpoint = {.host = "127.0.0.1", .port = server->port()}};
    ASSERT_TRUE(client.perform(exchange, Limits::within(60s)).has_value());
    EXPECT_EQ(exchange.answer.text, "127.0.0.1") << "of request " << request;
  }
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
