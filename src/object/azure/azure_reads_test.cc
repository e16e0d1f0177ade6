// SPDX-License-Identifier: Apache-2.0
// Reads over connections that break, and how many requests an account has under way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "azure/account.h"
#include "base/guarded.h"
#include "http/fake_server.h"
#include "object/azure/azure_account.h"

namespace aloft {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kMade =
    "ETag: \"0x1\"\r\nLast-Modified: Sat, 21 Nov 2026 03:04:05 GMT\r\n";

/// Serves one object, and breaks each connection after so many bytes of a body.
class BreakingServerTest : public testing::Test {
 protected:
  BreakingServerTest() {
    for (std::size_t i = 0; i < content_.size(); ++i) content_[i] = static_cast<char>(i * 7 / 5);
  }
  Result<ReadResult> read(std::string_view if_match = {}) {
    AzureAccount account({.name = "lab",
                          .endpoint = {.server = server_.endpoint(), .base_path = ""},
                          .credential = azure::SharedKey{"secret"}},
                         std::make_shared<http::Client>());
    const ReadRequest request{
        .key = "a", .range = {100, buffer_.size()}, .if_match = if_match, .want_info = true};
    return account.container("demo")->read(request, std::as_writable_bytes(std::span(buffer_)),
                                           Limits::within(std::chrono::seconds(30)));
  }
  std::vector<std::string> requests() { return *requests_.lock(); }

  std::string content_ = std::string(60'000, '\0');
  std::string buffer_ = std::string(50'000, '\0');
  std::atomic<std::size_t> break_after = 20'000;
  std::atomic<bool> changes = false;

 private:
  void serve(http::FakeConnection& connection) {
    const std::string request = connection.read_request();
    const std::string bytes = "x-ms-range: bytes=";
    const std::size_t at = request.find(bytes);
    if (at == std::string::npos) return;
    requests_.lock()->push_back(request);
    const std::size_t first = std::stoul(request.substr(at + bytes.size()));
    const std::size_t last = std::stoul(request.substr(request.find('-', at + bytes.size()) + 1));
    if (changes && first > 100) {
      connection.send(
          "HTTP/1.1 412 Changed\r\nx-ms-error-code: ConditionNotMet\r\n"
          "Content-Length: 0\r\n\r\n");
      return;
    }
    const std::string body = content_.substr(first, last - first + 1);
    connection.send(
        "HTTP/1.1 206 Partial\r\nContent-Range: bytes " + std::to_string(first) + "-" +
        std::to_string(last) + "/60000\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
        std::string(kMade) + "x-ms-blob-type: BlockBlob\r\n\r\n" + body.substr(0, break_after));
  }

  Guarded<std::vector<std::string>> requests_;
  http::FakeServer server_{[this](http::FakeConnection& connection, int) { serve(connection); }};
};

TEST_F(BreakingServerTest, GoesOnWhereTheBodyBroke) {
  const auto done = read();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->size_bytes, buffer_.size());
  EXPECT_EQ(done->info->size_bytes, content_.size());
  EXPECT_EQ(buffer_, content_.substr(100, buffer_.size()));
  ASSERT_EQ(requests().size(), 3u) << "no byte is asked for twice";
  EXPECT_THAT(requests()[0], Not(HasSubstr("If-Match")));
  EXPECT_THAT(requests()[1], HasSubstr("x-ms-range: bytes=20100-50099\r\n"));
  EXPECT_THAT(requests()[1], HasSubstr("If-Match: \"0x1\"\r\n"));
  EXPECT_THAT(requests()[2], HasSubstr("x-ms-range: bytes=40100-50099\r\n"));
}

TEST_F(BreakingServerTest, DoesNotMixTwoVersions) {
  changes = true;
  const auto done = read("\"0x1\"");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::precondition_failed);
}

TEST_F(BreakingServerTest, IsToBeTriedAgainWhereAnyVersionServes) {
  changes = true;
  const auto done = read();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::unavailable) << done.error().message;
  EXPECT_THAT(done.error().message, HasSubstr("replaced while it was read"));
}

TEST_F(BreakingServerTest, GivesUpWhereNextToNothingComes) {
  break_after = 100;
  const auto done = read("\"0x1\"");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::unavailable);
  EXPECT_EQ(requests().size(), 1u);
}

void send_one_byte(http::FakeConnection& connection) {
  connection.send(
      "HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-0/1\r\nContent-Length: 1\r\n\r\nx");
}

azure::Account account_at(const http::FakeServer& server) {
  return {.name = "lab",
          .endpoint = {.server = server.endpoint(), .base_path = ""},
          .credential = azure::SharedKey{"secret"}};
}

TEST(AzureStoreLateness, HasASmallReadAskedForAgain) {
  std::atomic<bool> one_hangs = false;
  http::FakeServer server([&](http::FakeConnection& connection, int) {
    while (!connection.read_request().empty()) {
      if (one_hangs.exchange(false)) return connection.wait_for_end();
      send_one_byte(connection);
    }
  });
  AzureAccount account(account_at(server), std::make_shared<http::Client>());
  const auto store = account.container("demo");
  std::array<std::byte, 1> buffer{};
  const auto read = [&] {
    return store->read({.key = "a", .range = {0, 1}}, buffer,
                       Limits::within(std::chrono::seconds(20)));
  };
  for (int i = 0; i < 250; ++i) ASSERT_TRUE(read());
  one_hangs = true;
  const auto late = read();
  ASSERT_TRUE(late) << late.error().message;
  EXPECT_EQ(late->size_bytes, 1u);
  EXPECT_FALSE(one_hangs);
}

TEST(AzureStoreLimit, IsSharedByAllCallsOfAnAccount) {
  std::atomic<int> under_way = 0;
  std::atomic<int> under_way_max = 0;
  http::FakeServer server([&](http::FakeConnection& connection, int) {
    while (!connection.read_request().empty()) {
      const int now = ++under_way;
      for (int max = under_way_max; now > max && !under_way_max.compare_exchange_weak(max, now);) {
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      --under_way;
      send_one_byte(connection);
    }
  });
  AzureAccount account(account_at(server), std::make_shared<http::Client>(), system_clock(),
                       nullptr, {.start = 3, .floor = 3, .ceiling = 3});
  const auto read_some = [&] {
    std::array<std::byte, 1> buffer{};
    std::vector<ReadPart> parts(10, {.request = {.key = "a", .range = {0, 1}}, .buffer = buffer});
    account.container("demo")->read_many(parts, Limits::within(std::chrono::seconds(60)));
    for (const ReadPart& part : parts) EXPECT_TRUE(part.result);
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) threads.emplace_back(read_some);
  }
  EXPECT_LE(under_way_max, 3);
  EXPECT_GE(under_way_max, 2);
}

}  // namespace
}  // namespace aloft
