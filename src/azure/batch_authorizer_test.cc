// SPDX-License-Identifier: Apache-2.0
#include "azure/batch_authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "azure/token_server_fake.h"
#include "base/fake_clock.h"

namespace aloft::azure {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr auto kTime =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + std::chrono::hours(3);

class BatchAuthorizerTest : public testing::Test {
 protected:
  BatchAuthorizerTest() { clock_.advance(kTime - clock_.wall_now()); }
  std::string_view signed_now() {
    EXPECT_TRUE(authorizer_.authorize(exchange_, {}));
    return exchange_.headers.get("Authorization");
  }
  FakeClock clock_;
  const BatchAuthorizer authorizer_{{.name = "lab", .credential = SharedKey{.key = "secret"}},
                                    clock_};
  http::Exchange exchange_;
};

// The signatures are those that npm @azure/batch 10.2.0 makes for the same requests.

TEST_F(BatchAuthorizerTest, SignsABodyAsMicrosoftsClientDoes) {
  const std::string body = R"({"value":[]})";
  exchange_.method = http::Method::post;
  exchange_.target = "/jobs/a%20b/addtaskcollection?timeout=30&api-version=2025-06-01";
  exchange_.headers.add("Content-Type", "application/json; odata=minimalmetadata");
  exchange_.headers.add("client-request-id", "1");
  exchange_.body = std::as_bytes(std::span(body));
  EXPECT_EQ(signed_now(), "SharedKey lab:alCm+yuE3UfUk5vKyQxmlRElmTdh05ysnye3qrleqIA=");
  EXPECT_EQ(exchange_.headers.get("ocp-date"), "Sat, 21 Nov 2026 03:00:00 GMT");
}

TEST_F(BatchAuthorizerTest, SignsAnEmptyBodyAndConditionsAsMicrosoftsClientDoes) {
  exchange_.method = http::Method::post;
  exchange_.target = "/jobs/a/terminate?api-version=2025-06-01";
  exchange_.headers.add("If-Match", "\"0x1\"");
  EXPECT_EQ(signed_now(), "SharedKey lab:2obUSyx01TeApiA5Td9kOvjjlR8vj+nt2vxUlvyGUvc=");
}

TEST_F(BatchAuthorizerTest, SignsEncodedPathsAndQueriesAsMicrosoftsClientDoes) {
  exchange_.target =
      "/jobs/a/tasks/1/files/wd%2Fo.txt?api-version=2025-06-01&%24filter=state%20eq%20%27active%27";
  exchange_.headers.add("ocp-range", "bytes=0-9");
  EXPECT_EQ(signed_now(), "SharedKey lab:bYm/Xary6zdKY9200hq7qEc4naPH40nV3goD98qpmtA=");
}

TEST_F(BatchAuthorizerTest, SignsAgainWhatIsSentAgain) {
  const std::string first(signed_now());
  EXPECT_EQ(signed_now(), first);
}

TEST_F(BatchAuthorizerTest, SignsHeadersOfTheServiceInTheirOrder) {
  exchange_.headers.add("ocp-range", "bytes=0-9");
  exchange_.headers.add("Ocp-Date", "today");
  exchange_.headers.add("x-ms-other", "v");
  exchange_.target = "/a?b=2&a=1";
  EXPECT_THAT(batch_string_to_sign(exchange_, "lab"),
              EndsWith("\n\nocp-date:today\nocp-range:bytes=0-9\n/lab/a\na:1\nb:2"));
}

TEST_F(BatchAuthorizerTest, SendsATokenOfItsIdentityAndAnotherWhereThatIsRefused) {
  FakeTokenServer service;
  const Identities identities{{ManagedIdentity{.authority = service.authority()}}};
  const BatchAuthorizer authorizer({.name = "lab", .credential = identities}, clock_);
  exchange_.endpoint = {.tls = true, .host = "lab.west.batch.azure.com", .port = 443};
  const Limits limits = Limits::within(std::chrono::seconds(20));
  ASSERT_TRUE(authorizer.authorize(exchange_, limits));
  EXPECT_EQ(exchange_.headers.get("Authorization"), "Bearer token1");
  EXPECT_THAT(service.request(), HasSubstr("resource=https%3A%2F%2Fbatch.core.windows.net%2F"));
  EXPECT_TRUE(authorizer.renew(exchange_));
  ASSERT_TRUE(authorizer.authorize(exchange_, limits));
  EXPECT_EQ(exchange_.headers.get("Authorization"), "Bearer token2");
  EXPECT_FALSE(authorizer_.renew(exchange_)) << "a key is not renewed";
}

}  // namespace
}  // namespace aloft::azure
