// SPDX-License-Identifier: Apache-2.0
#include "emulator/faults/plan.h"

#include <gtest/gtest.h>

#include "base/seeded_random.h"

namespace aloft::emulator::faults {
namespace {

Result<Plan> parse(std::string_view text) {
  SeededRandom random(1);
  return parse_plan(text, "f.toml", random);
}

std::string error_of(std::string_view text) {
  const auto plan = parse(text);
  EXPECT_FALSE(plan.has_value()) << text;
  if (plan) return "";
  EXPECT_EQ(plan.error().code, ErrorCode::invalid_argument);
  return plan.error().message;
}

TEST(FaultPlan, ReadsAllThatMayStandInTheFile) {
  const Plan plan = parse(R"(
seed = 7
[[request]]
service = "blob"
method = "PUT"
target = "*/box/*"
header = { x-ms-version = "2021-*" }
after = 2
count = 3
probability = 0.5
delay_ms = 100
status = 503
code = "ServerBusy"
retry_after_s = 1
[[request]]
drop = "after"
[[request]]
service = "batch"
reset_after_bytes = 0
[[request]]
delay_ms = 1
[[node]]
pool = "p*"
job = "j"
task = "1"
event = "preempt"
when = "task-running"
after_ms = 500
count = 1
)")
                        .value();
  EXPECT_EQ(plan.seed, 7u);
  ASSERT_EQ(plan.requests.size(), 4u);
  const RequestRule& first = plan.requests[0];
  EXPECT_EQ(first.service, Service::blob);
  EXPECT_EQ(first.method, "PUT");
  EXPECT_EQ(first.target, "*/box/*");
  EXPECT_EQ(first.headers, (decltype(first.headers){{"x-ms-version", "2021-*"}}));
  EXPECT_EQ(first.frequency.after, 2u);
  EXPECT_EQ(first.frequency.count, 3u);
  EXPECT_EQ(first.frequency.probability, 0.5);
  EXPECT_EQ(first.delay, Delay(std::chrono::milliseconds(100)));
  const auto& refuse = std::get<RequestRule::Refuse>(first.action);
  EXPECT_EQ(refuse.status, 503);
  EXPECT_EQ(refuse.code, "ServerBusy");
  EXPECT_EQ(refuse.retry_after_s, 1u);
  EXPECT_TRUE(std::get<RequestRule::Drop>(plan.requests[1].action).is_carried_out);
  EXPECT_EQ(std::get<RequestRule::Reset>(plan.requests[2].action).after_bytes, 0u);
  EXPECT_EQ(plan.requests[3].action.index(), 0u);
  ASSERT_EQ(plan.nodes.size(), 1u);
  EXPECT_EQ(plan.nodes[0].event, NodeEvent::preempt);
  EXPECT_EQ(plan.nodes[0].pool, "p*");
  EXPECT_EQ(plan.nodes[0].delay, std::chrono::milliseconds(500));
}

TEST(FaultPlan, TakesASeedWhereTheFileHasNone) {
  SeededRandom random(1);
  const auto first = parse_plan("", "f.toml", random).value().seed;
  EXPECT_NE(parse_plan("", "f.toml", random).value().seed, first);
}

TEST(FaultPlan, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error_of("seed = 1\nsede = 2\n"),
            "f.toml:2: the file takes seed, request, node; \"sede\" is not one of them");
  EXPECT_TRUE(
      error_of("\n[[request]]\nstatsu = 503\ndrop = \"after\"\n").starts_with("f.toml:3: "));
  EXPECT_EQ(error_of("[[request]]\nstatus = \"503\"\n"),
            "f.toml:2: status is a whole number from 400 to 599");
  EXPECT_EQ(error_of("[[request]]\nservice = \"bolb\"\n"),
            "f.toml:2: service is \"blob\" or \"batch\", not \"bolb\"");
  EXPECT_EQ(error_of("[[request]]\ndelay_ms = 1\nprobability = 2\n"),
            "f.toml:3: probability is a number from 0 to 1");
  EXPECT_EQ(error_of("[[request]]\nheader = \"x\"\n"),
            "f.toml:2: header is a table of names and globs");
  EXPECT_TRUE(error_of("a\n\n = [").starts_with("f.toml:1: "));
}

TEST(FaultPlan, RefusesRulesThatMakeNoSense) {
  EXPECT_EQ(error_of("[[request]]\nmethod = \"PUT\"\n"),
            "f.toml:1: [[request]] does nothing: it needs delay_ms, connection_bytes_per_s, "
            "total_bytes_per_s, copy_pending_ms, status, drop, reset_after_bytes or damage");
  EXPECT_EQ(error_of("[[request]]\nstatus = 500\ndrop = \"before\"\n"),
            "f.toml:1: [[request]] takes only one of status, drop, reset_after_bytes and damage");
  EXPECT_EQ(error_of("[[request]]\ndamage = 1\n"), "f.toml:2: damage is true or false");
  EXPECT_EQ(error_of("[[request]]\ncode = \"ServerBusy\"\ndelay_ms = 1\n"),
            "f.toml:1: [[request]] with code or retry_after_s needs status");
  EXPECT_EQ(error_of("[[request]]\nmethod = \"put\"\ndelay_ms = 1\n"),
            "f.toml:1: [[request]] has a method that no service has: \"put\"");
  EXPECT_EQ(error_of("[request]\nstatus = 500\n"),
            "f.toml:1: request is written as tables, each headed [[request]]");
  EXPECT_EQ(error_of("[[node]]\npool = \"p\"\n"),
            "f.toml:1: [[node]] needs event: \"lose\", \"preempt\" or \"reboot\"");
}

TEST(FaultPlan, ReadsLawsOfDelaysAndBandwidths) {
  const Plan plan = parse(R"(
[[request]]
delay_ms = { law = "uniform", min = 10, max = 50 }
connection_bytes_per_s = 1000
[[request]]
delay_ms = { law = "exponential", mean = 0.5 }
[[request]]
delay_ms = { law = "lognormal", median = 20, sigma = 1 }
[[request]]
total_bytes_per_s = 7
)")
                        .value();
  EXPECT_EQ(plan.requests[0].delay, Delay(UniformDelay{.min_ms = 10, .max_ms = 50}));
  EXPECT_EQ(plan.requests[0].connection_bytes_per_s, 1000u);
  EXPECT_EQ(plan.requests[1].delay, Delay(ExponentialDelay{.mean_ms = 0.5}));
  EXPECT_EQ(plan.requests[2].delay, Delay(LognormalDelay{.median_ms = 20, .sigma = 1}));
  EXPECT_EQ(plan.requests[3].total_bytes_per_s, 7u);
  EXPECT_EQ(error_of("[[request]]\ndelay_ms = { law = \"normal\" }\n"),
            "f.toml:2: law is \"uniform\" or \"exponential\" or \"lognormal\", not \"normal\"");
  EXPECT_EQ(error_of("[[request]]\ndelay_ms = { law = \"exponential\" }\n"),
            "f.toml:2: delay_ms needs mean");
  EXPECT_EQ(error_of("[[request]]\ndelay_ms = { law = \"uniform\", min = 9, max = 1 }\n"),
            "f.toml:2: delay_ms has min above max");
  EXPECT_EQ(error_of("[[request]]\ntotal_bytes_per_s = 0\n").substr(0, 27),
            "f.toml:2: total_bytes_per_s");
}

TEST(FaultPlan, ReadsWhatARequestAsksForItself) {
  const RequestRule rule =
      parse_request_fault(R"(delay_ms = 5, status = 503, code = "ServerBusy")").value();
  EXPECT_EQ(rule.delay, Delay(std::chrono::milliseconds(5)));
  EXPECT_EQ(std::get<RequestRule::Refuse>(rule.action).code, "ServerBusy");
  for (const char* text : {"", "status", "status = 200", "count = 1, status = 500", "x = 1",
                           "total_bytes_per_s = 1", "delay_ms = 1 }, b = { delay_ms = 1"}) {
    EXPECT_FALSE(parse_request_fault(text)) << text;
  }
}

TEST(FaultPlan, NamesAFileThatIsNotThere) {
  const auto plan = load_plan("/nowhere/f.toml");
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace aloft::emulator::faults
