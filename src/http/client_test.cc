// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "http/fake_server.h"

namespace aloft::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

/// For calls that are expected to end by themselves.
Limits soon() {
  return Limits::within(10s);
}

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Answers each request with its own first line.
void echo(FakeConnection& connection, int) {
  for (std::string request; !(request = connection.read_request()).empty();) {
    if (!connection.answer(request.substr(0, request.find("\r\n")))) return;
  }
}

class ClientTest : public testing::Test {
 protected:
  Exchange get(const FakeServer& server, std::string target = "/") {
    Exchange exchange;
    exchange.endpoint = server.endpoint();
    exchange.target = std::move(target);
    return exchange;
  }
  Client client_;
};

TEST_F(ClientTest, SendsHeadAndBodyAndTakesTheAnswer) {
  Guarded<std::string> seen;
  FakeServer server([&](FakeConnection& connection, int) {
    *seen.lock() = connection.read_request();
    connection.answer("fine", "X-Answer: yes\r\n");
  });
  Exchange exchange = get(server, "/a%20b?c=d");
  exchange.method = Method::put;
  exchange.headers.add("x-ms-version", "1");
  exchange.body = bytes("the body");
  ASSERT_TRUE(client_.perform(exchange, soon()));
  EXPECT_EQ(*seen.lock(), "PUT /a%20b?c=d HTTP/1.1\r\nHost: " + server.endpoint().authority() +
                              "\r\nx-ms-version: 1\r\nContent-Length: 8\r\n\r\nthe body");
  EXPECT_EQ(exchange.answer.text, "fine");
  EXPECT_EQ(exchange.answer.headers.get("x-answer"), "yes");
}

TEST_F(ClientTest, UsesAConnectionAgain) {
  FakeServer server(echo);
  for (int i = 0; i < 5; ++i) {
    Exchange exchange = get(server, "/" + std::to_string(i));
    ASSERT_TRUE(client_.perform(exchange, soon()));
    EXPECT_EQ(exchange.answer.text, "GET /" + std::to_string(i) + " HTTP/1.1");
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientTest, TakesAnAnswerThatIsSplitAtAnyPlace) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
  FakeServer server([&](FakeConnection& connection, int) {
    for (std::size_t split = 1; split < answer.size(); ++split) {
      if (connection.read_request().empty()) return;
      connection.send(answer.substr(0, split));
      // The client has to ask the kernel again, which it can do only after this thread's turn.
      std::this_thread::yield();
      connection.send(answer.substr(split));
    }
  });
  for (std::size_t split = 1; split < answer.size(); ++split) {
    Exchange exchange = get(server);
    std::array<std::byte, 16> sink;
    exchange.sink = sink;
    ASSERT_TRUE(client_.perform(exchange, soon())) << split;
    EXPECT_EQ(exchange.answer.sink_bytes, 10u);
  }
}

TEST_F(ClientTest, PerformsManyAtATimeOnOneThread) {
  // Nobody is answered before all have asked.
  std::atomic<int> asked = 0;
  FakeServer server([&](FakeConnection& connection, int) {
    const std::string request = connection.read_request();
    ++asked;
    while (asked < 20) std::this_thread::yield();
    connection.answer(request.substr(0, request.find("\r\n")));
    connection.wait_for_end();
  });
  std::vector<Exchange> exchanges;
  std::vector<Exchange*> pointers;
  for (int i = 0; i < 20; ++i) exchanges.push_back(get(server, "/" + std::to_string(i)));
  for (Exchange& exchange : exchanges) pointers.push_back(&exchange);
  client_.perform(pointers, soon());
  for (int i = 0; i < 20; ++i) {
    const Exchange& exchange = exchanges[static_cast<std::size_t>(i)];
    ASSERT_TRUE(exchange.result) << exchange.result.error().message;
    EXPECT_EQ(exchange.answer.text, "GET /" + std::to_string(i) + " HTTP/1.1");
  }
}

TEST_F(ClientTest, LetsExchangesWaitWhereConnectionsAreLimited) {
  FakeServer server(echo);
  Client client({.connections_max_per_call = 3});
  std::vector<Exchange> exchanges(50, get(server));
  std::vector<Exchange*> pointers;
  for (Exchange& exchange : exchanges) pointers.push_back(&exchange);
  client.perform(pointers, soon());
  for (const Exchange& exchange : exchanges) EXPECT_TRUE(exchange.result);
  EXPECT_LE(server.connections(), 3);
}

TEST_F(ClientTest, MovesLargeBodiesBothWays) {
  std::string large(9'000'001, 'x');
  for (std::size_t i = 0; i < large.size(); i += 997) large[i] = static_cast<char>('a' + i % 26);
  FakeServer server([&](FakeConnection& connection, int) {
    for (std::string request; !(request = connection.read_request()).empty();) {
      connection.answer(request.substr(request.find("\r\n\r\n") + 4));
    }
  });
  std::vector<Exchange> exchanges(4, get(server));
  std::vector<std::string> sinks(4, std::string(large.size(), '.'));
  std::vector<Exchange*> pointers;
  for (std::size_t i = 0; i < 4; ++i) {
    exchanges[i].method = Method::put;
    exchanges[i].body = bytes(large);
    exchanges[i].sink = std::as_writable_bytes(std::span(sinks[i]));
    pointers.push_back(&exchanges[i]);
  }
  client_.perform(pointers, Limits::within(60s));
  for (std::size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(exchanges[i].result) << exchanges[i].result.error().message;
    EXPECT_TRUE(sinks[i] == large);
  }
}

TEST_F(ClientTest, RepeatsOnANewConnectionWhenAnIdleOneWasClosed) {
  for (const bool reset : {false, true}) {
    FakeServer server([&](FakeConnection& connection, int number) {
      connection.read_request();
      connection.answer("first");
      if (number > 0) return;
      // The second request arrives, and gets no answer.
      connection.read_request();
      if (reset) connection.reset();
    });
    Exchange exchange = get(server);
    ASSERT_TRUE(client_.perform(exchange, soon()));
    exchange.clear();
    ASSERT_TRUE(client_.perform(exchange, soon())) << exchange.result.error().message;
    EXPECT_EQ(exchange.answer.text, "first");
    EXPECT_EQ(server.connections(), 2);
  }
}

TEST_F(ClientTest, DoesNotRepeatWhatIsNotSafeToRepeat) {
  FakeServer server([&](FakeConnection& connection, int) {
    connection.read_request();
    connection.answer("first");
    connection.read_request();
  });
  Exchange exchange = get(server);
  ASSERT_TRUE(client_.perform(exchange, soon()));
  exchange.clear();
  exchange.method = Method::put;
  exchange.repeatable = false;
  ASSERT_FALSE(client_.perform(exchange, soon()));
  EXPECT_EQ(exchange.result.error().code, ErrorCode::unavailable);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientTest, LeavesAnIdleConnectionAloneThatTheServerClosed) {
  std::atomic<bool> closed = false;
  FakeServer server([&](FakeConnection& connection, int number) {
    connection.read_request();
    connection.answer("first");
    if (number == 0) {
      connection.reset();
    } else {
      connection.wait_for_end();
    }
    closed = true;
  });
  Exchange exchange = get(server);
  ASSERT_TRUE(client_.perform(exchange, soon()));
  while (!closed) std::this_thread::yield();
  std::this_thread::sleep_for(20ms);  // The descriptor is closed just behind the script.
  exchange.clear();
  exchange.repeatable = false;
  EXPECT_TRUE(client_.perform(exchange, soon()));
}

TEST_F(ClientTest, LeavesIdleConnectionsAloneThatTheServerClosedAfterABatch) {
  std::atomic<int> closed = 0;
  FakeServer server([&](FakeConnection& connection, int number) {
    while (!connection.read_request().empty()) {
      connection.answer("fine");
      if (number < 4) break;
    }
    ++closed;
  });
  std::vector<Exchange> exchanges(4, get(server));
  std::vector<Exchange*> pointers;
  for (Exchange& exchange : exchanges) pointers.push_back(&exchange);
  client_.perform(pointers, soon());
  while (closed < 4) std::this_thread::yield();
  std::this_thread::sleep_for(20ms);  // The descriptor is closed just behind the script.
  for (int round = 0; round < 2; ++round) {
    for (Exchange& exchange : exchanges) exchange.repeatable = false;
    client_.perform(pointers, soon());
    for (const Exchange& exchange : exchanges) EXPECT_TRUE(exchange.result);
  }
  EXPECT_EQ(server.connections(), 8);
}

TEST_F(ClientTest, TakesNothingForAnAnswerThatCameBeforeItsRequest) {
  std::atomic<bool> sent = false;
  FakeServer server([&](FakeConnection& connection, int number) {
    while (!connection.read_request().empty()) {
      connection.answer("asked");
      if (number < 2) {
        std::this_thread::sleep_for(20ms);  // So that it does not come with the answer.
        connection.answer("not asked");
        sent = true;
      }
    }
  });
  std::vector<Exchange> exchanges(2, get(server));
  Exchange* const pointers[] = {&exchanges[0], &exchanges[1]};
  client_.perform(pointers, soon());
  while (!sent) std::this_thread::yield();
  std::this_thread::sleep_for(40ms);
  client_.perform(pointers, soon());
  for (const Exchange& exchange : exchanges) EXPECT_EQ(exchange.answer.text, "asked");
}

TEST_F(ClientTest, ReportsAnAnswerThatBreaksOff) {
  FakeServer server([&](FakeConnection& connection, int) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
  });
  Exchange exchange = get(server);
  ASSERT_FALSE(client_.perform(exchange, soon()));
  EXPECT_EQ(exchange.result.error().code, ErrorCode::unavailable);
  EXPECT_THAT(exchange.result.error().message, HasSubstr(server.endpoint().authority()));
}

TEST_F(ClientTest, ReportsAnswersOfManyThatBreakOffAtOnce) {
  FakeServer server([&](FakeConnection& connection, int) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
  });
  // Long before it would count as stalled: the end may come in one event with the last bytes.
  for (int round = 0; round < 20; ++round) {
    Exchange exchanges[] = {get(server), get(server)};
    Exchange* const pointers[] = {&exchanges[0], &exchanges[1]};
    client_.perform(pointers, soon());
    for (const Exchange& exchange : exchanges) {
      ASSERT_FALSE(exchange.result);
      ASSERT_EQ(exchange.result.error().code, ErrorCode::unavailable);
    }
  }
}

TEST_F(ClientTest, ReportsGarbage) {
  FakeServer server([&](FakeConnection& connection, int) {
    connection.read_request();
    connection.send(std::string(100'000, '?') + "\r\n\r\n");
  });
  Exchange exchange = get(server);
  ASSERT_FALSE(client_.perform(exchange, soon()));
  EXPECT_EQ(exchange.result.error().code, ErrorCode::corrupt);
}

TEST_F(ClientTest, TakesAnEarlyAnswerToABodyThatTheServerDoesNotRead) {
  FakeServer server([&](FakeConnection& connection, int) {
    connection.send("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
    connection.wait_for_end();
  });
  const std::string large(20'000'000, 'x');
  Exchange exchange = get(server);
  exchange.method = Method::put;
  exchange.body = bytes(large);
  ASSERT_TRUE(client_.perform(exchange, soon())) << exchange.result.error().message;
  EXPECT_EQ(exchange.answer.status, 403);
}

TEST_F(ClientTest, KeepsToTheDeadline) {
  FakeServer server([&](FakeConnection& connection, int) { connection.wait_for_end(); });
  for (const std::size_t count : {1u, 3u}) {
    std::vector<Exchange> exchanges(count, get(server));
    std::vector<Exchange*> pointers;
    for (Exchange& exchange : exchanges) pointers.push_back(&exchange);
    client_.perform(pointers, Limits::within(50ms));
    for (const Exchange& exchange : exchanges) {
      ASSERT_FALSE(exchange.result);
      EXPECT_EQ(exchange.result.error().code, ErrorCode::deadline_exceeded);
    }
  }
}

TEST_F(ClientTest, KeepsToTheDeadlineThoughBytesDripIn) {
  FakeServer server([&](FakeConnection& connection, int) {
    while (connection.send("H")) std::this_thread::sleep_for(5ms);
  });
  Exchange exchange = get(server);
  ASSERT_FALSE(client_.perform(exchange, Limits::within(50ms)));
}

TEST_F(ClientTest, EndsWhenAskedToStop) {
  for (const std::size_t count : {1u, 3u}) {
    std::stop_source stop;
    std::atomic<std::size_t> asked = 0;
    FakeServer server([&](FakeConnection& connection, int) {
      connection.read_request();
      if (++asked == count) stop.request_stop();
      connection.wait_for_end();
    });
    std::vector<Exchange> exchanges(count, get(server));
    std::vector<Exchange*> pointers;
    for (Exchange& exchange : exchanges) pointers.push_back(&exchange);
    client_.perform(pointers, Limits::within(30s, stop.get_token()));
    for (const Exchange& exchange : exchanges) {
      ASSERT_FALSE(exchange.result);
      EXPECT_EQ(exchange.result.error().code, ErrorCode::cancelled);
    }
  }
  // The same client goes on.
  FakeServer server(echo);
  Exchange exchange = get(server);
  EXPECT_TRUE(client_.perform(exchange, soon()));
}

TEST_F(ClientTest, GivesUpAConnectionOnWhichNothingMoves) {
  FakeServer server([&](FakeConnection& connection, int) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    connection.wait_for_end();
  });
  Client client({.stall_time_max = 50ms});
  for (const std::size_t count : {1u, 3u}) {
    std::vector<Exchange> exchanges(count, get(server));
    std::vector<Exchange*> pointers;
    for (Exchange& exchange : exchanges) pointers.push_back(&exchange);
    client.perform(pointers, soon());
    for (const Exchange& exchange : exchanges) {
      ASSERT_FALSE(exchange.result);
      EXPECT_EQ(exchange.result.error().code, ErrorCode::unavailable);
    }
  }
}

TEST_F(ClientTest, WaitsForALargeAnswerThatComesInDrops) {
  constexpr std::size_t kAtOnce = 2 << 20, kDrop = 1000;
  const std::string body(2 * kAtOnce, 'd');
  const auto drops = [&](FakeConnection& connection, bool whole) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n\r\n" + body.substr(0, kAtOnce));
    for (int drop = 0; drop < 8; ++drop) {
      std::this_thread::sleep_for(50ms);
      connection.send(body.substr(0, kDrop));
    }
    if (whole) connection.send(body.substr(kAtOnce + 8 * kDrop));
    connection.wait_for_end();
  };
  FakeServer server([&](FakeConnection& connection, int) { drops(connection, true); });
  FakeServer dry([&](FakeConnection& connection, int) { drops(connection, false); });
  for (const std::size_t count : {1u, 3u}) {
    Client client({.stall_time_max = 200ms});
    std::vector<Exchange> exchanges(count, get(server));
    exchanges.push_back(get(dry));
    std::vector<std::string> sinks(exchanges.size(), std::string(body.size(), 0));
    std::vector<Exchange*> pointers;
    for (std::size_t i = 0; i < exchanges.size(); ++i) {
      exchanges[i].sink = std::as_writable_bytes(std::span(sinks[i]));
      pointers.push_back(&exchanges[i]);
    }
    client.perform(pointers, soon());
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(exchanges[i].result) << exchanges[i].result.error().message;
      EXPECT_TRUE(sinks[i] == body);
    }
    ASSERT_FALSE(exchanges.back().result);
    EXPECT_THAT(exchanges.back().result.error().message, HasSubstr("nothing came for 200 ms"));
  }
}

TEST_F(ClientTest, TakesASmallAnswerBehindALargeOne) {
  const std::string body(8 << 20, 'l');
  FakeServer server([&](FakeConnection& connection, int) {
    for (std::string asked; !(asked = connection.read_request()).empty();) {
      connection.answer(asked.starts_with("GET /large") ? body : "small");
    }
  });
  std::string sink(body.size(), 0);
  for (int round = 0; round < 20; ++round) {
    Exchange large = get(server, "/large");
    large.sink = std::as_writable_bytes(std::span(sink));
    ASSERT_TRUE(client_.perform(large, soon()));
    Exchange small = get(server, "/small");
    ASSERT_TRUE(client_.perform(small, soon())) << small.result.error().message;
    EXPECT_EQ(small.answer.text, "small");
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientTest, GivesUpAnAnswerWhoseFirstByteDoesNotCome) {
  FakeServer server([&](FakeConnection& connection, int) {
    const std::string request = connection.read_request();
    if (request.starts_with("GET /silent")) return connection.wait_for_end();
    // In time, and then slower than a first byte may be.
    connection.send("HTTP/1.1 200 OK\r\n");
    std::this_thread::sleep_for(300ms);
    connection.send("Content-Length: 2\r\n\r\nok");
    connection.wait_for_end();
  });
  Client client({.first_byte_time_max = 100ms});
  Exchange silent = get(server, "/silent");
  Exchange slow = get(server, "/slow");
  Exchange* const pointers[] = {&silent, &slow};
  client.perform(pointers, soon());
  ASSERT_FALSE(silent.result);
  EXPECT_EQ(silent.result.error().code, ErrorCode::unavailable);
  EXPECT_THAT(silent.result.error().message, HasSubstr("no answer began within"));
  EXPECT_TRUE(slow.result);
}

TEST_F(ClientTest, SaysWhereItCouldNotConnect) {
  Endpoint nobody;
  {
    FakeServer server(echo);
    nobody = server.endpoint();
  }
  Exchange exchange;
  exchange.endpoint = nobody;
  ASSERT_FALSE(client_.perform(exchange, soon()));
  EXPECT_EQ(exchange.result.error().code, ErrorCode::unavailable);
  EXPECT_THAT(exchange.result.error().message,
              StartsWith("cannot connect to " + to_string(nobody)));
}

TEST_F(ClientTest, SaysWhichHostIsUnknown) {
  Exchange exchange;
  exchange.endpoint = {.tls = true, .host = "nobody.invalid", .port = 443};
  ASSERT_FALSE(client_.perform(exchange, soon()));
  EXPECT_EQ(exchange.result.error().code, ErrorCode::unavailable);
  EXPECT_THAT(exchange.result.error().message, HasSubstr("nobody.invalid"));
}

TEST_F(ClientTest, SendsNoHeaderThatWouldBeTwo) {
  FakeServer server(echo);
  Exchange exchange = get(server);
  exchange.headers.add("x", "a\r\nx-injected: b");
  ASSERT_FALSE(client_.perform(exchange, soon()));
  EXPECT_EQ(exchange.result.error().code, ErrorCode::invalid_argument);
  exchange.headers.clear();
  exchange.target = "/a b";
  ASSERT_FALSE(client_.perform(exchange, soon()));
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(ClientTest, ServesManyThreads) {
  FakeServer server(echo);
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 100; ++i) {
        const std::string target = "/" + std::to_string(thread * 1000 + i);
        Exchange exchange = get(server, target);
        if (client_.perform(exchange, soon()) &&
            exchange.answer.text == "GET " + target + " HTTP/1.1") {
          ++good;
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 800);
  EXPECT_LE(server.connections(), 8);
}

TEST_F(ClientTest, LendsConnectionsFromThreadToThread) {
  FakeServer server(echo);
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int thread = 0; thread < 6; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 40; ++i) {
        // Alone and together, so that connections change between the two ways of waiting.
        std::vector<Exchange> exchanges(static_cast<std::size_t>(1 + (i + thread) % 4));
        std::vector<Exchange*> pointers;
        for (std::size_t j = 0; j < exchanges.size(); ++j) {
          exchanges[j] =
              get(server, "/" + std::to_string(thread * 1000 + i * 10) + std::to_string(j));
          pointers.push_back(&exchanges[j]);
        }
        client_.perform(pointers, soon());
        for (const Exchange& exchange : exchanges) {
          if (exchange.answer.text == "GET " + exchange.target + " HTTP/1.1") ++good;
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 6 * 10 * (1 + 2 + 3 + 4));
  EXPECT_LE(server.connections(), 6 * 4);
}

}  // namespace
}  // namespace aloft::http
