// SPDX-License-Identifier: Apache-2.0
#include "enter/daemon_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/local_socket.h"
#include "base/temporary_directory.h"

namespace aloft::enter {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// Answers one connection with the given texts, in order, and then ends it.
class Scripted {
 public:
  explicit Scripted(std::vector<std::string> answers) {
    places_.socket = directory_.path() + "/daemon.sock";
    listener_ = listen_local(places_.socket).value();
    thread_ = std::jthread([this, answers] {
      const UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
      for (const std::string& answer : answers) {
        auto request = receive_message(connection.get(), kMessageBytesMax);
        if (!request) return;
        requests_.push_back(json::parse(request->text));
        if (!send_message(connection.get(), answer)) return;
      }
    });
  }
  const DaemonPlaces& places() const { return places_; }
  std::vector<json> requests() {
    thread_.join();
    return requests_;
  }

 private:
  TemporaryDirectory directory_;
  DaemonPlaces places_;
  UniqueFd listener_;
  std::vector<json> requests_;
  std::jthread thread_;
};

TEST(DaemonClient, SaysThatNoDaemonRuns) {
  const TemporaryDirectory directory;
  const auto client = DaemonClient::connect({.socket = directory.path() + "/none"});
  EXPECT_EQ(client.error().code, ErrorCode::not_found);
}

TEST(DaemonClient, SendsTheVariablesByWhichAccountsAreFoundAndNoOthers) {
  ::setenv("AZURE_STORAGE_ACCOUNT", "acc", 1);
  ::setenv("SECRET_OF_SOMETHING_ELSE", "x", 1);
  Scripted daemon({R"({"ok":true})", R"({"ok":true,"mount":5})"});
  auto client = DaemonClient::connect(daemon.places()).value();
  EXPECT_EQ(client.mount({.root = "acc/box", .read_only = true}, -1).value(), 5u);
  const auto requests = daemon.requests();
  EXPECT_EQ(requests.at(0).at("protocol"), kProtocolVersion);
  EXPECT_EQ(requests.at(1).at("root"), "acc/box");
  EXPECT_EQ(requests.at(1).at("environment").at("AZURE_STORAGE_ACCOUNT"), "acc");
  EXPECT_FALSE(requests.at(1).at("environment").contains("SECRET_OF_SOMETHING_ELSE"));
  ::unsetenv("AZURE_STORAGE_ACCOUNT");
}

TEST(DaemonClient, KeepsTheCodeAndTheErrnoOfTheDaemonsError) {
  Scripted daemon(
      {R"({"ok":true})",
       R"({"ok":false,"code":"no_space","errno":28,"message":"full","request_id":"r"})"});
  auto client = DaemonClient::connect(daemon.places()).value();
  const auto drained = client.drain(1);
  EXPECT_EQ(drained.error().code, ErrorCode::no_space);
  EXPECT_EQ(drained.error().os_errno, 28);
  EXPECT_EQ(drained.error().message, "full");
  EXPECT_EQ(drained.error().request_id, "r");
}

TEST(DaemonClient, SaysThatWritesMayBeLostIfTheDaemonEnds) {
  Scripted daemon({R"({"ok":true})"});
  auto client = DaemonClient::connect(daemon.places()).value();
  EXPECT_THAT(client.drain(1).error().message, HasSubstr("before it had stored everything"));
}

TEST(DaemonClient, TakesSenselessAnswersForErrors) {
  for (const char* answer : {"", "{", "[]", "7", R"({"ok":"yes"})", R"({"ok":true,"mount":"x"})",
                             R"({"ok":true,"mount":-1})", R"({"ok":false,"errno":"x"})"}) {
    Scripted daemon({R"({"ok":true})", answer});
    auto client = DaemonClient::connect(daemon.places()).value();
    EXPECT_EQ(client.mount({}, -1).error().code, ErrorCode::corrupt) << answer;
  }
}

}  // namespace
}  // namespace aloft::enter
