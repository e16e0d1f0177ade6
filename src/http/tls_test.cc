// SPDX-License-Identifier: Apache-2.0
#include "http/internal/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "base/temporary_directory.h"
#include "http/client.h"
#include "http/fake_server.h"
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
      if (SSL_write(session.get(), answer.data(), static_cast<int>(answer.size())) <= 0) return;
    }
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
