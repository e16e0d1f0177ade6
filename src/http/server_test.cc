// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <future>
#include <latch>
#include <numeric>
#include <thread>

#include "base/file.h"

namespace aloft::http {
namespace {

using namespace std::chrono_literals;

/// 0, or what errno says.
int try_to_connect(const UniqueFd& socket, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* const to = reinterpret_cast<const sockaddr*>(&address);
  return ::connect(socket.get(), to, sizeof(address)) == 0 ? 0 : errno;
}

/// Speaks bytes, so that the server is tested by none of our own framing.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    CHECK(try_to_connect(socket_, port) == 0);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Reads until what came holds `end`, or the connection ends.
  std::string receive_until(std::string_view end) {
    while (received_.find(end) == std::string::npos && receive_some()) {
    }
    const std::size_t at = received_.find(end);
    if (at == std::string::npos) return std::exchange(received_, {});
    std::string text = received_.substr(0, at + end.size());
    received_.erase(0, at + end.size());
    return text;
  }
  std::string receive_bytes(std::size_t count) {
    while (received_.size() < count && receive_some()) {
    }
    std::string text = received_.substr(0, count);
    received_.erase(0, count);
    return text;
  }
  std::string receive_all() {
    while (receive_some()) {
    }
    return std::exchange(received_, {});
  }
  std::string head() { return receive_until("\r\n\r\n"); }
  /// Of the end of what was received; 0 where the server just closed.
  int last_errno() const { return last_errno_; }

 private:
  bool receive_some() {
    char part[65536];
    const ssize_t got = ::recv(socket_.get(), part, sizeof(part), 0);
    last_errno_ = got < 0 ? errno : 0;
    if (got <= 0) return false;
    received_.append(part, static_cast<std::size_t>(got));
    return true;
  }
  UniqueFd socket_;
  std::string received_;
  int last_errno_ = 0;
};

/// Answers with the method, target and body of the request.
Response echo(Request& request) {
  std::string text = std::string(name_of(request.method)) + " " + request.target + " ";
  std::array<std::byte, 1000> part;
  for (;;) {
    const auto got = request.body.read(part);
    if (!got) {
      Response failed{.status = 400};
      failed.set_body(got.error().message);
      return failed;
    }
    if (*got == 0) break;
    text.append(reinterpret_cast<const char*>(part.data()), *got);
  }
  Response response;
  response.set_body(std::move(text));
  return response;
}

std::unique_ptr<Server> start(Handler handler, ServerOptions options = {}) {
  auto server = Server::start(std::move(options), std::move(handler));
  CHECK(server.has_value());
  return std::move(*server);
}

TEST(Server, ServesManyRequestsOnOneConnection) {
  const auto server = start(echo);
  Peer peer(server->port());
  for (int i = 0; i < 3; ++i) {
    peer.send("GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string head = peer.head();
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
    EXPECT_NE(head.find("Content-Length: 15\r\n"), std::string::npos) << head;
    EXPECT_NE(head.find("\r\nDate: "), std::string::npos) << head;
    EXPECT_EQ(peer.receive_bytes(15), "GET /a%20b?c=d ");
  }
}

TEST(Server, ReadsCountedBodiesOfAnySize) {
  const auto server = start(echo);
  Peer peer(server->port());
  const std::string body(300'000, 'b');
  peer.send("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + body);
  EXPECT_NE(peer.head().find("Content-Length: 300007"), std::string::npos);
  EXPECT_EQ(peer.receive_bytes(300'007), "PUT /x " + body);
}

TEST(Server, ReadsChunkedBodiesInPiecesAsTheyCome) {
  const auto server = start(echo);
  Peer peer(server->port());
  peer.send("PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
  peer.send(
      "cde\r\n3;ext=1\r\nfgh\r\n0\r\nTrailer: 1\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  peer.head();
  EXPECT_EQ(peer.receive_bytes(15), "PUT /x abcdefgh");
  peer.head();
  EXPECT_EQ(peer.receive_bytes(10), "GET /next ") << "the next request begins after the chunks";
}

TEST(Server, SendsContinueOnlyWhenTheHandlerReads) {
  const auto server = start([](Request& request) {
    return request.target == "/refuse" ? Response{.status = 403} : echo(request);
  });
  Peer reader(server->port());
  reader.send("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(reader.head(), "HTTP/1.1 100 Continue\r\n\r\n");
  reader.send("ok");
  EXPECT_TRUE(reader.head().starts_with("HTTP/1.1 200"));
  EXPECT_EQ(reader.receive_bytes(9), "PUT /x ok");

  Peer refused(server->port());
  refused.send(
      "PUT /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(refused.receive_all().starts_with("HTTP/1.1 403"));
}

TEST(Server, AnswersBeforeALongBodyThatNobodyReads) {
  const auto server = start([](Request&) { return Response{.status = 403}; });
  Peer peer(server->port());
  peer.send("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n");
  peer.send(std::string(8'000'000, 'x'));
  const std::string answer = peer.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 403")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST(Server, KeepsTheConnectionAfterAShortBodyThatNobodyRead) {
  const auto server = start([](Request&) { return Response{.status = 404}; });
  Peer peer(server->port());
  for (int i = 0; i < 2; ++i) {
    peer.send("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_TRUE(peer.head().starts_with("HTTP/1.1 404"));
  }
}

TEST(Server, HeadHasTheLengthAndNoBody) {
  const auto server = start([](Request&) {
    Response response;
    response.head_length_bytes = 12345;
    return response;
  });
  Peer peer(server->port());
  for (int i = 0; i < 2; ++i) {
    peer.send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(peer.head().find("Content-Length: 12345\r\n"), std::string::npos);
  }
}

TEST(Server, GathersManySpansInOrder) {
  std::vector<std::string> parts;
  for (int i = 0; i < 200; ++i) parts.push_back(std::to_string(i) + ",");
  const auto server = start([&](Request&) {
    Response response;
    for (const std::string& part : parts) response.body.push_back(std::as_bytes(std::span(part)));
    return response;
  });
  Peer peer(server->port());
  peer.send("GET / HTTP/1.0\r\n\r\n");
  const std::string all = peer.receive_all();
  EXPECT_TRUE(all.ends_with(std::accumulate(parts.begin(), parts.end(), std::string())));
}

/// Bytes 0, 1, 2, …; breaks off after `good_bytes`.
class Counting final : public BodySource {
 public:
  explicit Counting(std::size_t good_bytes) : left_(good_bytes) {}
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    if (buffer.size() > left_) return fail(ErrorCode::corrupt, "the source is broken");
    for (std::byte& byte : buffer) byte = static_cast<std::byte>(next_++);
    left_ -= buffer.size();
    return buffer.size();
  }

 private:
  std::size_t left_;
  unsigned char next_ = 0;
};

TEST(Server, SendsFromASourceAndCutsOffWhereItBreaks) {
  const auto server = start([](Request& request) {
    Response response;
    response.source = std::make_unique<Counting>(request.target == "/good" ? 3'000'000 : 2'500'000);
    response.source_length_bytes = 3'000'000;
    return response;
  });
  Peer good(server->port());
  good.send("GET /good HTTP/1.1\r\nHost: x\r\n\r\n");
  good.head();
  const std::string body = good.receive_bytes(3'000'000);
  ASSERT_EQ(body.size(), 3'000'000u);
  EXPECT_EQ(static_cast<unsigned char>(body[2'999'999]), 2'999'999 % 256);
  Peer broken(server->port());
  broken.send("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_LT(broken.receive_all().size(), 3'000'000u);
}

TEST(Server, BreaksOffAnAnswerWhereTheHandlerSaysSo) {
  const auto server = start([](Request& request) {
    Response response;
    response.set_body("0123456789");
    response.reset_after_bytes = request.target == "/none" ? 0 : 30;
    return response;
  });
  for (const auto& [target, bytes] : {std::pair("/none", 0u), std::pair("/some", 30u)}) {
    Peer peer(server->port());
    peer.send(std::string("GET ") + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(peer.receive_all().size(), bytes) << target;
    EXPECT_EQ(peer.last_errno(), ECONNRESET) << target;
  }
}

TEST(Server, ValuesCannotSplitTheHead) {
  const auto server = start([](Request&) {
    Response response;
    response.headers.add("X-Name", "a\r\nInvented: 1");
    return response;
  });
  Peer peer(server->port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(peer.head().find("X-Name: a  Invented: 1\r\n"), std::string::npos);
}

TEST(Server, RefusesWhatIsNoHttp) {
  const auto server = start(echo, {.head_bytes_max = 8 << 10});
  const std::pair<std::string, std::string> cases[] = {
      {"nonsense\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"},
      {"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", "501"},
      {"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n", "417"},
      {"GET / HTTP/1.1\r\nHost: x\r\nLong: " + std::string(20'000, 'x') + "\r\n\r\n", "431"},
  };
  for (const auto& [text, status] : cases) {
    Peer peer(server->port());
    peer.send(text);
    const std::string answer = peer.receive_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + status)) << text.substr(0, 60) << " -> " << answer;
  }
}

TEST(Server, MalformedChunksFailTheBody) {
  const auto server = start(echo);
  Peer peer(server->port());
  peer.send("PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_TRUE(peer.receive_all().starts_with("HTTP/1.1 400"));
}

TEST(Server, ClosesConnectionsThatAreIdleOrSilentForTooLong) {
  const auto server = start(echo, {.idle_timeout = 100ms, .io_timeout = 50ms});
  Peer idle(server->port());
  EXPECT_EQ(idle.receive_all(), "");
  Peer silent_in_head(server->port());
  silent_in_head.send("GET / HT");
  EXPECT_TRUE(silent_in_head.receive_all().starts_with("HTTP/1.1 408"));
  Peer silent_in_body(server->port());
  silent_in_body.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
  EXPECT_TRUE(silent_in_body.receive_all().starts_with("HTTP/1.1 400"));
}

TEST(Server, MakesRoomByClosingTheConnectionIdleForLongest) {
  const auto server = start(echo, {.connections_max = 3});
  const auto ask = [](Peer& peer) {
    peer.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
    peer.head();
    return peer.receive_bytes(7);
  };
  // Taken in this order: once the last has its answer, the others are idle, the oldest for longest.
  Peer oldest(server->port());
  Peer silent(server->port());
  Peer last(server->port());
  EXPECT_EQ(ask(last), "GET /1 ");
  // Now the oldest is busy or was idle last, whichever the server has noted by then.
  EXPECT_EQ(ask(oldest), "GET /1 ");
  Peer next(server->port());
  EXPECT_EQ(ask(next), "GET /1 ");
  EXPECT_EQ(silent.receive_all(), "");
  EXPECT_EQ(ask(oldest), "GET /1 ");
  EXPECT_EQ(ask(last), "GET /1 ");
}

TEST(Server, MakesRoomOnceABusyConnectionBecomesIdle) {
  std::latch both_busy(2);
  std::promise<void> finish_first;
  std::promise<void> finish_second;
  const auto server = start(
      [&](Request& request) {
        if (request.target != "/3") both_busy.count_down();
        if (request.target == "/1") finish_first.get_future().wait();
        if (request.target == "/2") finish_second.get_future().wait();
        return echo(request);
      },
      {.connections_max = 2});
  Peer first(server->port());
  first.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  Peer second(server->port());
  second.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  both_busy.wait();
  Peer third(server->port());
  third.send("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  // For the server to find both busy; were it later still, this would show less, and not fail.
  std::this_thread::sleep_for(20ms);
  finish_first.set_value();
  EXPECT_TRUE(first.head().starts_with("HTTP/1.1 200"));
  third.head();
  EXPECT_EQ(third.receive_bytes(7), "GET /3 ") << "though the second is busy still";
  finish_second.set_value();
  EXPECT_TRUE(second.head().starts_with("HTTP/1.1 200"));
}

TEST(Server, StopLetsARequestUnderWayFinishAndEndsIdleConnections) {
  std::latch entered(1);
  std::promise<void> go_on;
  auto may_go_on = go_on.get_future().share();
  const auto server = start(
      [&](Request& request) {
        if (request.target == "/slow") {
          entered.count_down();
          may_go_on.wait();
        }
        return echo(request);
      },
      {.stop_grace = 20s});
  Peer idle(server->port());
  Peer busy(server->port());
  busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.wait();
  std::thread stopper([&] { server->stop(); });
  EXPECT_EQ(idle.receive_all(), "");
  go_on.set_value();
  EXPECT_TRUE(busy.receive_all().ends_with("GET /slow "));
  stopper.join();
}

TEST(Server, StopCutsOffAPeerThatDoesNotFinish) {
  const auto server = start(echo, {.stop_grace = 20ms});
  Peer peer(server->port());
  peer.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
  const auto before = std::chrono::steady_clock::now();
  server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 15s);
}

TEST(Server, RefusesConnectionsOnceItHasStopped) {
  const auto server = start(echo);
  server->stop();
  EXPECT_EQ(
      try_to_connect(UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), server->port()),
      ECONNREFUSED);
}

TEST(Server, ServesManyConnectionsAtOnce) {
  const auto server = start(echo);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      Peer peer(server->port());
      for (int i = 0; i < 50; ++i) {
        const std::string path = "/" + std::to_string(100 * t + 1000 + i);
        peer.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        peer.head();
        EXPECT_EQ(peer.receive_bytes(10), "GET " + path + " ");
      }
    });
  }
}

TEST(Server, RefusesAddressesThatOthersCanReach) {
  EXPECT_EQ(Server::start({.address = "0.0.0.0"}, echo).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(Server::start({.address = "here"}, echo).error().code, ErrorCode::invalid_argument);
}

TEST(Server, NamesThePortThatIsTaken) {
  const auto server = start(echo);
  const auto second = Server::start({.port = server->port()}, echo);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::already_exists);
  EXPECT_EQ(second.error().message,
            "127.0.0.1 port " + std::to_string(server->port()) + " is in use by another program");
}

}  // namespace
}  // namespace aloft::http
