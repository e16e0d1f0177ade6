// SPDX-License-Identifier: Apache-2.0
#include "azure/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "azure/internal/signing.h"
#include "azure/token_server_fake.h"
#include "base/fake_clock.h"

namespace aloft::azure {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kTime =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + std::chrono::hours(3);

Account account_with(Credential credential) {
  return {
      .name = "lab", .endpoint = default_blob_endpoint("lab"), .credential = std::move(credential)};
}

TEST(Authorizer, SignsWhatTheServiceDocuments) {
  http::Exchange exchange;
  exchange.method = http::Method::put;
  exchange.target = "/demo/a%20b?timeout=20&comp=block&blockid=QUI%3D";
  exchange.headers.add("x-ms-version", "2021-12-02");
  exchange.headers.add("x-ms-date", "Sat, 21 Nov 2026 03:00:00 GMT");
  exchange.headers.add("Content-Type", "text/plain");
  exchange.headers.add("If-Match", "\"0x1\"");
  const std::string body = "12345";
  exchange.body = std::as_bytes(std::span(body));
  EXPECT_EQ(string_to_sign(exchange, "lab"),
            "PUT\n\n\n5\n\ntext/plain\n\n\n\"0x1\"\n\n\n\n"
            "x-ms-date:Sat, 21 Nov 2026 03:00:00 GMT\nx-ms-version:2021-12-02\n"
            "/lab/demo/a%20b\nblockid:QUI=\ncomp:block\ntimeout:20");
}

TEST(Authorizer, SortsHeadersAsTheServiceDoes) {
  http::Exchange exchange;
  for (const char* name : {"x-ms-meta-ab", "x-ms-meta-a1", "x-ms-meta-a_b", "x-ms-meta-a",
                           "x-ms-if-match", "x-ms-blob-type", "X-Ms-Date", "x-ms-metab"}) {
    exchange.headers.add(name, "v");
  }
  EXPECT_THAT(string_to_sign(exchange, "lab"),
              HasSubstr("x-ms-blob-type:v\nx-ms-date:v\nx-ms-if-match:v\nx-ms-meta-a:v\n"
                        "x-ms-meta-a_b:v\nx-ms-meta-a1:v\nx-ms-meta-ab:v\nx-ms-metab:v\n"));
}

/// Of RFC 4231, cases 1 and 6.
TEST(Signer, MakesTheSignaturesOfTheStandard) {
  EXPECT_EQ(internal::Signer(std::string(20, '\x0b')).sign("Hi There"),
            "sDRMYdjbOFNcqK/OrwvxK4gdwgDJgz2nJuk3bC4yz/c=");
  EXPECT_EQ(internal::Signer(std::string(131, '\xaa'))
                .sign("Test Using Larger Than Block-Size Key - Hash Key First"),
            "YOQxWR7gtn8Niiaqy/W3f44LxiE3KMUUBUYEDw7jf1Q=");
}

TEST(Authorizer, MakesTheSameSignatureForTheSameRequest) {
  FakeClock clock;
  const Authorizer authorizer(account_with(SharedKey{.key = "secret"}), clock);
  http::Exchange exchange;
  exchange.target = "/?comp=list";
  ASSERT_TRUE(authorizer.authorize(exchange, {}));
  EXPECT_EQ(exchange.headers.get("x-ms-date"), http_date(clock.wall_now()));
  const std::string first(exchange.headers.get("Authorization"));
  EXPECT_THAT(first, StartsWith("SharedKey lab:"));
  ASSERT_TRUE(authorizer.authorize(exchange, {}));
  EXPECT_EQ(exchange.headers.get("Authorization"), first);
}

TEST(Authorizer, AppendsASasToTheTarget) {
  const Authorizer authorizer(account_with(SasToken{.query = "sv=1&sig=x"}));
  http::Exchange exchange;
  exchange.target = "/demo/a";
  ASSERT_TRUE(authorizer.authorize(exchange, {}));
  EXPECT_EQ(exchange.target, "/demo/a?sv=1&sig=x");
  exchange.target = "/demo/a?comp=metadata";
  ASSERT_TRUE(authorizer.authorize(exchange, {}));
  EXPECT_EQ(exchange.target, "/demo/a?comp=metadata&sv=1&sig=x");
  ASSERT_TRUE(authorizer.authorize(exchange, {}));
  EXPECT_EQ(exchange.target, "/demo/a?comp=metadata&sv=1&sig=x") << "sent again";
  EXPECT_FALSE(exchange.headers.contains("Authorization"));
}

TEST(Authorizer, SendsATokenOverTlsOrToThisMachineAlone) {
  FakeTokenServer service;
  const Authorizer authorizer(
      account_with(Identities{{ManagedIdentity{.authority = service.authority()}}}));
  http::Exchange exchange;
  for (const char* host : {"lab.blob.core.windows.net", "127.storage.invalid"}) {
    exchange.endpoint = {.tls = false, .host = host, .port = 80};
    const auto plain = authorizer.authorize(exchange, Limits::within(std::chrono::seconds(20)));
    ASSERT_FALSE(plain) << host;
    EXPECT_EQ(plain.error().code, ErrorCode::permission_denied);
  }
  EXPECT_FALSE(exchange.headers.contains("Authorization"));
  for (const http::Endpoint& endpoint :
       {http::Endpoint{.tls = true, .host = "lab.blob.core.windows.net", .port = 443},
        http::Endpoint{.host = "127.0.0.1", .port = 10000},
        http::Endpoint{.host = "::1", .port = 10000}}) {
    exchange.endpoint = endpoint;
    ASSERT_TRUE(authorizer.authorize(exchange, Limits::within(std::chrono::seconds(20))));
    EXPECT_EQ(exchange.headers.get("Authorization"), "Bearer token1");
  }
}

TEST(Authorizer, MakesASasForOneBlobOrAContainer) {
  const Authorizer authorizer(account_with(SharedKey{.key = "secret"}));
  const auto blob = authorizer.make_sas({.container = "demo", .key = "a b", .expires = kTime});
  EXPECT_THAT(blob, StartsWith("sv=2021-12-02&sr=b&sp=r&se=2026-11-21T03%3A00%3A00Z&sig="));
  const auto container =
      authorizer.make_sas({.container = "demo", .permissions = "rl", .expires = kTime});
  EXPECT_THAT(container, HasSubstr("sr=c&sp=rl"));
}

}  // namespace
}  // namespace aloft::azure
