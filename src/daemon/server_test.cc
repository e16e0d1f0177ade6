// SPDX-License-Identifier: Apache-2.0
#include "daemon/server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/local_socket.h"
#include "base/temporary_directory.h"

namespace aloft::daemon {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

/// A server on a thread of its own, ready when the constructor returns.
class Running {
 public:
  explicit Running(std::chrono::milliseconds idle_time_max = 60s)
      : server_(options(idle_time_max), [](const EnvironmentLookup&) -> AccountOpener {
          return [](std::string_view) -> Result<std::shared_ptr<ObjectAccount>> {
            return fail(ErrorCode::not_found, "no accounts here");
          };
        }) {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      result_ = server_.run([this] { become_ready(); }, stop);
    });
    auto ready = ready_.lock();
    changed_.wait(ready.mutex_lock(), [&] { return *ready; });
  }
  UniqueFd connect() { return connect_local(socket()).value(); }
  std::string socket() const { return directory_.path() + "/s"; }
  Result<void> wait() {
    thread_.join();
    return result_;
  }
  void stop() { thread_.request_stop(); }

 private:
  ServerOptions options(std::chrono::milliseconds idle_time_max) {
    return {.socket = socket(),
            .lock = directory_.path() + "/lock",
            .version = "test",
            .idle_time_max = idle_time_max};
  }
  void become_ready() {
    *ready_.lock() = true;
    changed_.notify_all();
  }

  TemporaryDirectory directory_;
  Server server_;
  Guarded<bool> ready_{false};
  std::condition_variable changed_;
  Result<void> result_;
  std::jthread thread_;
};

json ask(int socket, const std::string& text, int fd = -1) {
  CHECK(send_message(socket, text, fd));
  const auto answer =
      receive_message(socket, kMessageBytesMax, std::chrono::steady_clock::now() + 20s);
  return answer ? json::parse(answer->text) : json{{"ended", true}};
}

const char* const kHello = R"({"op":"hello","protocol":1,"version":"t"})";
const char* const kMount = R"({"op":"mount","root":"","directory":"/aloft","in_namespace":true,)"
                           R"("read_only":false,"squash_ids":true,"environment":{}})";

TEST(Server, GreetsBeforeItServes) {
  Running server;
  const UniqueFd client = server.connect();
  EXPECT_FALSE(ask(client.get(), R"({"op":"status"})").at("ok").get<bool>());
  EXPECT_TRUE(ask(client.get(), kHello).at("ok").get<bool>());
  const json status = ask(client.get(), R"({"op":"status"})");
  EXPECT_EQ(status.at("version"), "test");
  EXPECT_TRUE(status.at("mounts").empty());
}

TEST(Server, GoesOnAfterSenselessMessages) {
  Running server;
  const UniqueFd client = server.connect();
  EXPECT_FALSE(ask(client.get(), "nonsense").at("ok").get<bool>());
  EXPECT_TRUE(ask(client.get(), kHello).at("ok").get<bool>());
  UniqueFd cut = server.connect();
  ASSERT_TRUE(write_all(cut.get(), std::string_view("\x09\0\0\0ab", 6), "socket"));
  cut.reset();
  const UniqueFd huge = server.connect();
  ASSERT_TRUE(write_all(huge.get(), "\xff\xff\xff\xff", "socket"));
  EXPECT_TRUE(ask(client.get(), R"({"op":"status"})").at("ok").get<bool>());
}

TEST(Server, RefusesAMountWithoutTheFuseDevice) {
  Running server;
  const UniqueFd client = server.connect();
  ask(client.get(), kHello);
  EXPECT_THAT(ask(client.get(), kMount).at("message").get<std::string>(), HasSubstr("/dev/fuse"));
  const UniqueFd other = open_file("/dev/null", O_RDWR).value();
  EXPECT_THAT(ask(client.get(), kMount, other.get()).at("message").get<std::string>(),
              HasSubstr("/dev/fuse"));
}

TEST(Server, KnowsNoOtherMounts) {
  Running server;
  const UniqueFd client = server.connect();
  ask(client.get(), kHello);
  EXPECT_EQ(ask(client.get(), R"({"op":"drain","mount":99})").at("code"), "not_found");
  EXPECT_EQ(ask(client.get(), R"({"op":"wait_unmounted","mount":99})").at("code"), "not_found");
}

TEST(Server, EndsWhenNothingKeepsIt) {
  Running server(10ms);
  EXPECT_TRUE(server.wait());
  EXPECT_EQ(connect_local(server.socket()).error().os_errno, ENOENT);
}

TEST(Server, StaysWhileAClientIsThere) {
  Running server(10ms);
  UniqueFd client = server.connect();
  ASSERT_TRUE(ask(client.get(), kHello).at("ok").get<bool>());
  std::this_thread::sleep_for(50ms);  // Five times the idle time.
  EXPECT_TRUE(ask(client.get(), R"({"op":"status"})").at("ok").get<bool>());
  client.reset();
  EXPECT_TRUE(server.wait());
}

TEST(Server, EndsWhenAskedTo) {
  Running by_client;
  const UniqueFd client = by_client.connect();
  ask(client.get(), kHello);
  EXPECT_TRUE(ask(client.get(), R"({"op":"stop"})").at("ok").get<bool>());
  EXPECT_TRUE(by_client.wait());
  Running by_token;
  const UniqueFd silent = by_token.connect();
  by_token.stop();
  EXPECT_TRUE(by_token.wait()) << "a client that says nothing does not keep it";
}

TEST(Server, EndsForAClientOfAnotherVersionIfItServesNothing) {
  Running server;
  const UniqueFd client = server.connect();
  const json answer = ask(client.get(), R"({"op":"hello","protocol":2,"version":"next"})");
  EXPECT_EQ(answer.at("errno"), ENOTCONN) << "the client starts one of its own";
  EXPECT_TRUE(server.wait());
}

}  // namespace
}  // namespace aloft::daemon
