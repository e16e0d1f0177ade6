// SPDX-License-Identifier: Apache-2.0
// Requests that are like those before allocate nothing. In a program of its own, because it
// replaces operator new.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <stop_token>
#include <string>
#include <vector>

#include "azure/authorizer.h"
#include "base/fake_clock.h"
#include "http/client.h"
#include "http/fake_server.h"

namespace {
thread_local std::size_t allocations = 0;  // The server's threads are none of our business.
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace aloft::azure {
namespace {

constexpr std::size_t kBodyBytes = 16u << 10;
constexpr std::size_t kTogether = 8;

class Allocations : public testing::Test {
 protected:
  static void serve(http::FakeConnection& connection, int) {
    const std::string body(kBodyBytes, 'x');
    while (!connection.read_request().empty()) {
      if (!connection.answer(body, "ETag: \"0x8DE28D9F3B4B2C1\"\r\nx-ms-version: 2021-12-02\r\n")) {
        return;
      }
    }
  }

  void begin(http::Exchange& exchange, http::Method method) {
    exchange.clear();
    exchange.endpoint = server_.endpoint();
    exchange.method = method;
    exchange.target.assign("/container/a/blob/of/some/length");
    exchange.headers.add("x-ms-version", "2021-12-02");
    exchange.headers.add("x-ms-range", "bytes=1073741824-1073758207");
    exchange.headers.add("If-Match", "\"0x8DE28D9F3B4B2C1\"");
    if (method == http::Method::put) exchange.body = sinks_[0];
  }
  /// One round of requests, a second after the one before, so that each has a new date; the number
  /// of allocations.
  std::size_t perform(std::size_t count, http::Method method) {
    clock_.advance(std::chrono::seconds(1));
    const std::size_t before = allocations;
    for (std::size_t i = 0; i < count; ++i) {
      begin(exchanges_[i], method);
      exchanges_[i].sink = sinks_[i];
      EXPECT_TRUE(authorizer_.authorize(exchanges_[i], limits_));
    }
    client_.perform(std::span(pointers_).first(count), limits_);
    const std::size_t made = allocations - before;
    for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(exchanges_[i].result);
    return made;
  }

  http::FakeServer server_{serve};
  http::Client client_;
  FakeClock clock_;
  const Authorizer authorizer_{
      Account{.name = "laboratory", .credential = SharedKey{std::string(64, 'k')}}, clock_};
  std::stop_source stop_;
  const Limits limits_ = Limits::within(std::chrono::seconds(20), stop_.get_token());
  std::vector<std::vector<std::byte>> sinks_ =
      std::vector(kTogether, std::vector<std::byte>(kBodyBytes));
  std::vector<http::Exchange> exchanges_ = std::vector<http::Exchange>(kTogether);
  std::vector<http::Exchange*> pointers_ = [this] {
    std::vector<http::Exchange*> pointers;
    for (http::Exchange& exchange : exchanges_) pointers.push_back(&exchange);
    return pointers;
  }();
};

TEST_F(Allocations, AreNotMadeForSignedRequestsInSteadyState) {
  ASSERT_GT(perform(1, http::Method::get), 0u) << "the first one needs memory: it is counted";
  struct Load {
    const char* name;
    std::size_t count;
    http::Method method;
  };
  for (const Load load :
       {Load{"one GET", 1, http::Method::get}, Load{"GETs together", kTogether, http::Method::get},
        Load{"one PUT", 1, http::Method::put},
        Load{"PUTs together", kTogether, http::Method::put}}) {
    // Connections are dialed and buffers grow; a later round may still be the first to need a wait.
    for (int round = 0; round < 20; ++round) perform(load.count, load.method);
    for (int round = 0; round < 20; ++round) {
      EXPECT_EQ(perform(load.count, load.method), 0u) << load.name << ", round " << round;
    }
  }
}

}  // namespace
}  // namespace aloft::azure
