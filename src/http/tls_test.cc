// SPDX-License-Identifier: Apache-2.0
#include "http/internal/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <latch>
#include <memory>
#include <string>

#include "base/temporary_directory.h"
#include "http/client.h"
#include "http/fake_server.h"
#include "http/server.h"
#include "http/testing/self_signed.h"

namespace aloft::http {
namespace {

using testing::HasSubstr;

using Context = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, FreeBy<SSL_free>>;

class TlsTest : public testing::Test {
 protected:
  void use_certificate_for(const char* names) {
    const SelfSigned identity = make_self_signed(names);
    context_.reset(SSL_CTX_new(TLS_server_method()));
    CHECK(SSL_CTX_use_certificate(context_.get(), identity.certificate.get()) == 1);
    CHECK(SSL_CTX_use_PrivateKey(context_.get(), identity.key.get()) == 1);
    write_certificate(identity, authorities());
  }
  std::string authorities() const { return directory_.path() + "/authorities.pem"; }

  /// Answers each request with a body of `body_bytes_`.
  void serve(FakeConnection& connection) {
    // OpenSSL's own socket code raises SIGPIPE. Only here: the client must do without.
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
    const Session session(SSL_new(context_.get()));
    SSL_set_fd(session.get(), connection.fd());
    if (SSL_accept(session.get()) != 1) return;
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body_bytes_) +
                               "\r\n\r\n" + std::string(body_bytes_, 'x');
    for (;;) {
      std::string request;
      for (char byte = 0; !request.ends_with("\r\n\r\n"); request += byte) {
        if (SSL_read(session.get(), &byte, 1) != 1) return;
      }
      if (refuses_bodies_) {
        constexpr std::string_view kRefusal = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n";
        SSL_write(session.get(), kRefusal.data(), static_cast<int>(kRefusal.size()));
        return;
      }
      if (SSL_write(session.get(), answer.data(), static_cast<int>(answer.size())) <= 0) return;
      if (says_goodbye_) break;
    }
    SSL_shutdown(session.get());  // Says so, and leaves the socket open.
    said_goodbye_.count_down();
    connection.wait_for_end();
  }
  Exchange get(const FakeServer& server) {
    Exchange exchange;
    exchange.endpoint = server.endpoint();
    exchange.endpoint.tls = true;
    return exchange;
  }
  static Limits soon() { return Limits::within(std::chrono::seconds(20)); }

  TemporaryDirectory directory_;
  Context context_;
  const std::size_t body_bytes_ = 3'000'001;
  std::atomic<bool> refuses_bodies_ = false;  ///< And closes, without having read them.
  std::atomic<bool> says_goodbye_ = false;    ///< After the first answer on a connection.
  std::latch said_goodbye_{1};
  FakeServer server_{[this](FakeConnection& connection, int) { serve(connection); }};
};

TEST_F(TlsTest, BringsWholeBodiesOverOneConnection) {
  use_certificate_for("IP:127.0.0.1");
  Client client({.authorities_file = authorities()});
  std::vector<std::byte> sink(body_bytes_);
  for (int i = 0; i < 3; ++i) {
    Exchange exchange = get(server_);
    exchange.sink = sink;
    ASSERT_TRUE(client.perform(exchange, soon())) << exchange.result.error().message;
    EXPECT_EQ(exchange.answer.sink_bytes, body_bytes_);
  }
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(TlsTest, SendsNothingOnAConnectionWhoseEndWasAnnounced) {
  use_certificate_for("IP:127.0.0.1");
  Client client({.authorities_file = authorities()});
  std::vector<std::byte> sink(body_bytes_);
  Exchange exchange = get(server_);
  exchange.sink = sink;
  exchange.repeatable = false;
  says_goodbye_ = true;
  ASSERT_TRUE(client.perform(exchange, soon())) << exchange.result.error().message;
  said_goodbye_.wait();
  says_goodbye_ = false;
  ASSERT_TRUE(client.perform(exchange, soon())) << exchange.result.error().message;
  EXPECT_EQ(server_.connections(), 2);
}

TEST_F(TlsTest, TakesARefusalThatComesBeforeTheBodyIsSent) {
  use_certificate_for("IP:127.0.0.1");
  Client client({.authorities_file = authorities()});
  refuses_bodies_ = true;
  const std::vector<std::byte> body(16u << 20);
  for (int i = 0; i < 10; ++i) {
    Exchange exchange = get(server_);
    exchange.method = Method::put;
    exchange.body = body;
    ASSERT_TRUE(client.perform(exchange, soon())) << exchange.result.error().message;
    EXPECT_EQ(exchange.answer.status, 403);
  }
}

TEST_F(TlsTest, PerformsManyAtATime) {
  use_certificate_for("IP:127.0.0.1");
  Client client({.authorities_file = authorities()});
  std::vector<Exchange> exchanges(8, get(server_));
  std::vector<Exchange*> pointers;
  for (Exchange& exchange : exchanges) {
    exchange.text_bytes_max = body_bytes_;
    pointers.push_back(&exchange);
  }
  client.perform(pointers, soon());
  for (const Exchange& exchange : exchanges) {
    ASSERT_TRUE(exchange.result) << exchange.result.error().message;
    EXPECT_EQ(exchange.answer.text.size(), body_bytes_);
  }
}

TEST_F(TlsTest, RefusesAnAuthorityThatNobodyTrusts) {
  use_certificate_for("IP:127.0.0.1");
  Client client;
  Exchange exchange = get(server_);
  ASSERT_FALSE(client.perform(exchange, soon()));
  EXPECT_EQ(exchange.result.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(exchange.result.error().message, HasSubstr("SSL_CERT_FILE"));
}

TEST_F(TlsTest, RefusesACertificateOfAnotherHost) {
  use_certificate_for("DNS:elsewhere.example,IP:127.0.0.2");
  Client client({.authorities_file = authorities()});
  Exchange exchange = get(server_);
  ASSERT_FALSE(client.perform(exchange, soon()));
  EXPECT_EQ(exchange.result.error().code, ErrorCode::permission_denied);
}

TEST_F(TlsTest, ReportsAServerThatSpeaksNoTls) {
  FakeServer plain([](FakeConnection& connection, int) {
    connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    connection.wait_for_end();
  });
  Client client;
  Exchange exchange = get(plain);
  ASSERT_FALSE(client.perform(exchange, soon()));
  EXPECT_EQ(exchange.result.error().code, ErrorCode::unavailable);
}

TEST_F(TlsTest, NamesAnAuthoritiesFileThatIsNone) {
  Client client({.authorities_file = "/nowhere/authorities.pem"});
  use_certificate_for("IP:127.0.0.1");
  Exchange exchange = get(server_);
  ASSERT_FALSE(client.perform(exchange, soon()));
  EXPECT_EQ(exchange.result.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(exchange.result.error().message, HasSubstr("/nowhere/authorities.pem"));
}

TEST_F(TlsTest, LooksAgainForAnAuthoritiesFileThatWasMissing) {
  use_certificate_for("IP:127.0.0.1");
  const std::string later = directory_.path() + "/later.pem";
  Client client({.authorities_file = later});
  Exchange exchange = get(server_);
  std::vector<std::byte> sink(body_bytes_);
  exchange.sink = sink;
  ASSERT_FALSE(client.perform(exchange, soon()));
  std::filesystem::copy_file(authorities(), later);
  EXPECT_TRUE(client.perform(exchange, soon())) << exchange.result.error().message;
}

/// Our server, which other tests have official clients talk to.
class TlsServerTest : public testing::Test {
 protected:
  TlsServerTest() {
    write_certificate(identity_, certificate_file_);
    write_key(identity_, key_file_);
  }
  Result<std::unique_ptr<Server>> start(const std::string& certificate, const std::string& key) {
    return Server::start({.certificate_file = certificate, .key_file = key}, [](Request& request) {
      std::string body(std::size_t{9'000'001}, '.');
      const auto got = request.body.read_full(std::as_writable_bytes(std::span(body)));
      CHECK(got.has_value());
      body.resize(*got);
      Response response;
      response.set_body(std::move(body));
      return response;
    });
  }
  static Exchange put(const Server& server, std::string_view body, std::span<std::byte> sink) {
    Exchange exchange;
    exchange.endpoint = {.tls = true, .host = "127.0.0.1", .port = server.port()};
    exchange.method = Method::put;
    exchange.body = std::as_bytes(std::span(body));
    exchange.sink = sink;
    return exchange;
  }

  TemporaryDirectory directory_;
  const SelfSigned identity_ = make_self_signed("IP:127.0.0.1");
  const std::string certificate_file_ = directory_.path() + "/certificate.pem";
  const std::string key_file_ = directory_.path() + "/key.pem";
};

TEST_F(TlsServerTest, TakesAndGivesBodiesOfAnySize) {
  const auto server = start(certificate_file_, key_file_);
  ASSERT_TRUE(server) << server.error().message;
  Client client({.authorities_file = certificate_file_});
  const std::string large(9'000'001, 'x');
  std::vector<std::byte> sink(large.size());
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{20'000}, large.size()}) {
    const std::string_view body = std::string_view(large).substr(0, size);
    Exchange exchange = put(**server, body, sink);
    ASSERT_TRUE(client.perform(exchange, Limits::within(std::chrono::seconds(20))))
        << exchange.result.error().message;
    EXPECT_EQ(exchange.answer.sink_bytes, size);
    EXPECT_EQ(std::memcmp(sink.data(), body.data(), size), 0);
  }
}

TEST_F(TlsServerTest, SpeaksNothingPlain) {
  const auto server = start(certificate_file_, key_file_);
  ASSERT_TRUE(server);
  Client client;
  std::vector<std::byte> sink(10);
  Exchange exchange = put(**server, "body", sink);
  exchange.endpoint.tls = false;
  EXPECT_FALSE(client.perform(exchange, Limits::within(std::chrono::seconds(20))));
}

TEST_F(TlsServerTest, StopsWhileConnectionsAreOpen) {
  auto server = start(certificate_file_, key_file_);
  ASSERT_TRUE(server);
  Client client({.authorities_file = certificate_file_});
  std::vector<std::byte> sink(10);
  Exchange exchange = put(**server, "body", sink);
  ASSERT_TRUE(client.perform(exchange, Limits::within(std::chrono::seconds(20))));
  server->reset();
  EXPECT_FALSE(client.perform(exchange, Limits::within(std::chrono::seconds(20))));
}

TEST_F(TlsServerTest, NamesTheFileThatCannotBeUsed) {
  const auto nowhere = start("/nowhere/certificate.pem", key_file_);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(nowhere.error().message, HasSubstr("/nowhere/certificate.pem"));
  const auto no_key = start(certificate_file_, certificate_file_);
  ASSERT_FALSE(no_key);
  EXPECT_THAT(no_key.error().message, HasSubstr(certificate_file_));
  EXPECT_FALSE(start(certificate_file_, "")) << "one of the two";
}

TEST(Authorities, AreFoundOnOtherDistributions) {
  TemporaryDirectory root;
  EXPECT_EQ(internal::find_authorities_elsewhere(root.path()), "");
  const std::string directory = root.path() + "/etc/pki/tls/certs";
  std::filesystem::create_directories(directory);
  std::ofstream(directory + "/ca-bundle.crt") << "certificates";
  EXPECT_EQ(internal::find_authorities_elsewhere(root.path()), directory + "/ca-bundle.crt");
}

}  // namespace
}  // namespace aloft::http
