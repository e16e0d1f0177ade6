// SPDX-License-Identifier: Apache-2.0
#include "daemon/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/seeded_random.h"

namespace aloft::daemon {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const char* const kMount =
    R"({"op":"mount","root":"acc/box","directory":"/aloft","in_namespace":true,)"
    R"("read_only":false,"squash_ids":true,"environment":{"HOME":"/home/x"}})";

TEST(Protocol, ReadsEachRequest) {
  EXPECT_EQ(std::get<Hello>(parse_request(R"({"op":"hello","protocol":1,"version":"2"})").value())
                .version,
            "2");
  const auto mount = std::get<MountRequest>(parse_request(kMount).value());
  EXPECT_EQ(mount.root, "acc/box");
  EXPECT_EQ(mount.directory, "/aloft");
  EXPECT_TRUE(mount.in_namespace);
  EXPECT_FALSE(mount.read_only);
  EXPECT_TRUE(mount.squash_ids);
  EXPECT_EQ(mount.environment.at("HOME"), "/home/x");
  EXPECT_EQ(std::get<Drain>(parse_request(R"({"op":"drain","mount":7})").value()).mount, 7u);
  EXPECT_EQ(
      std::get<WaitUnmounted>(parse_request(R"({"op":"wait_unmounted","mount":8})").value()).mount,
      8u);
  EXPECT_TRUE(std::holds_alternative<Status>(parse_request(R"({"op":"status"})").value()));
  EXPECT_TRUE(std::holds_alternative<Stop>(parse_request(R"({"op":"stop"})").value()));
}

TEST(Protocol, RefusesWhatIsNotARequest) {
  for (const char* text :
       {"", "{", "7", "[]", "null", "{}", R"({"op":7})", R"({"op":"fly"})", R"({"op":"drain"})",
        R"({"op":"drain","mount":"7"})", R"({"op":"hello","protocol":1})",
        R"({"op":"mount","root":"a"})", "\xff\xfe"}) {
    const auto request = parse_request(text);
    ASSERT_FALSE(request) << text;
    EXPECT_EQ(request.error().code, ErrorCode::invalid_argument) << text;
  }
}

TEST(Protocol, EndsWellOnAnyCutOrChangeOfARequest) {
  const std::string whole = kMount;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_request(whole.substr(0, size))) << size;
  }
  const std::uint64_t seed = 7;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string changed = whole;
    for (std::uint64_t i = 0; i <= random.below(3); ++i) {
      changed[random.below(changed.size())] = static_cast<char>(random.below(256));
    }
    const auto request = parse_request(changed);
    if (!request) {
      EXPECT_EQ(request.error().code, ErrorCode::invalid_argument);
    }
  }
}

TEST(Protocol, LooksVariablesUp) {
  const EnvironmentLookup lookup = lookup_in({{"HOME", "/home/x"}});
  EXPECT_STREQ(lookup("HOME"), "/home/x");
  EXPECT_EQ(lookup("PATH"), nullptr);
}

TEST(Protocol, AnswersWithWhatTheCallerNeeds) {
  const json error = json::parse(answer_error(
      {.code = ErrorCode::no_space, .message = "full \xff", .request_id = "r", .os_errno = 28}));
  EXPECT_FALSE(error.at("ok").get<bool>());
  EXPECT_EQ(error.at("code"), "no_space");
  EXPECT_EQ(error.at("errno"), 28);
  EXPECT_THAT(error.at("message").get<std::string>(), HasSubstr("full"));
  const json status = json::parse(answer_status("3", {{.id = 4, .root = "a/b"}}));
  EXPECT_EQ(status.at("version"), "3");
  EXPECT_EQ(status.at("mounts").at(0).at("mount"), 4);
  EXPECT_EQ(status.at("mounts").at(0).at("root"), "a/b");
  EXPECT_EQ(json::parse(answer_mounted(9)).at("mount"), 9);
}

}  // namespace
}  // namespace aloft::daemon
