// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/entra_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "azure/certificate_fake.h"
#include "azure/token_server_fake.h"
#include "base/fake_clock.h"
#include "base/temporary_directory.h"

namespace aloft::azure::internal {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class EntraSourceTest : public testing::Test {
 protected:
  Result<AccessToken> ask(std::variant<ServicePrincipal, WorkloadIdentity> identity,
                          std::string_view resource = kStorageResource) {
    EntraSource source(std::move(identity), resource, {.clock = &clock_});
    return source.request(Limits::within(std::chrono::seconds(20)));
  }
  ServicePrincipal principal() const {
    return {.authority = {.url = service_.authority()},
            .tenant = "contoso.example",
            .client_id = "app",
            .secret = "s3cret&x"};
  }

  FakeClock clock_;
  FakeTokenServer service_;
  TemporaryDirectory directory_;
};

TEST_F(EntraSourceTest, AsksAsAnApplicationThatHasASecret) {
  const auto token = ask(principal());
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->text, "token1");
  EXPECT_EQ(token->expires, clock_.wall_now() + std::chrono::hours(1));
  EXPECT_THAT(
      service_.request(),
      AllOf(
          StartsWith("POST /below/contoso.example/oauth2/v2.0/token HTTP/1.1\r\n"),
          HasSubstr("Content-Type: application/x-www-form-urlencoded\r\n"),
          HasSubstr("\r\n\r\ngrant_type=client_credentials&client_id=app&"
                    "scope=https%3A%2F%2Fstorage.azure.com%2F.default&client_secret=s3cret%26x")));
}

TEST_F(EntraSourceTest, AsksForTheScopeOfTheResource) {
  ASSERT_TRUE(ask(principal(), kBatchResource));
  EXPECT_THAT(service_.request(),
              HasSubstr("scope=https%3A%2F%2Fbatch.core.windows.net%2F%2F.default&"));
}

TEST_F(EntraSourceTest, ProvesByACertificateThatItIsTheApplication) {
  const FakeCertificate fake;
  ServicePrincipal identity = principal();
  identity.secret.clear();
  identity.certificate_file = directory_.path() + "/app.pem";
  ASSERT_TRUE(
      replace_file(identity.certificate_file, fake.key_pem() + fake.certificate_pem(), 0600));
  const auto token = ask(identity);
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_THAT(service_.request(),
              AllOf(HasSubstr("&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
                              "client-assertion-type%3Ajwt-bearer&client_assertion=ey"),
                    Not(HasSubstr("client_secret"))));
}

TEST_F(EntraSourceTest, ReadsTheTokenOfAWorkloadEachTime) {
  const WorkloadIdentity identity{.authority = {.url = service_.authority()},
                                  .tenant = "t",
                                  .client_id = "app",
                                  .token_file = directory_.path() + "/token"};
  EntraSource source(identity, kStorageResource, {.clock = &clock_});
  for (const char* text : {"first", "second"}) {
    ASSERT_TRUE(replace_file(identity.token_file, std::string(text) + "\n", 0644));
    ASSERT_TRUE(source.request(Limits::within(std::chrono::seconds(20))));
    EXPECT_TRUE(service_.request().ends_with(std::string("&client_assertion=") + text));
  }
  std::remove(identity.token_file.c_str());
  const auto token = source.request(Limits::within(std::chrono::seconds(20)));
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::not_found);
  EXPECT_THAT(token.error().message,
              AllOf(HasSubstr(identity.token_file), HasSubstr("the workload identity app")));
}

TEST_F(EntraSourceTest, SaysWhoWasRefusedByWhomAndTheRemedy) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"401 No", "AADSTS7000215: Invalid client secret provided.", "secret's value"},
      {"401 No", "AADSTS7000222: The provided client secret keys are expired.", "make another"},
      {"400 Bad", "AADSTS700016: Application was not found in the directory.", "correct client id"},
      {"400 Bad", "AADSTS90002: Tenant not found.", "no such tenant"},
      {"401 No", "AADSTS700027: The certificate is not registered.", "add this certificate"},
      {"400 Bad", "AADSTS70021: No matching federated identity record found.", "federated"},
      {"400 Bad", "AADSTS4711: Something else.", "correct tenant"}};
  for (const auto& [status, words, remedy] : cases) {
    service_.answer(status, fmt::format(R"({{"error":"invalid_client","error_description":"{}\r\n)"
                                        R"(Trace ID: 1","trace_id":"trace-7"}})",
                                        words));
    const auto token = ask(principal());
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, ErrorCode::permission_denied) << words;
    EXPECT_EQ(token.error().request_id, "trace-7");
    EXPECT_THAT(token.error().message,
                AllOf(HasSubstr(words), HasSubstr(remedy), Not(HasSubstr("Trace ID")),
                      HasSubstr("the service principal app of the tenant contoso.example"),
                      HasSubstr(service_.authority()), Not(HasSubstr("s3cret"))));
  }
}

TEST_F(EntraSourceTest, TellsPassingFaultsFromRefusals) {
  service_.answer("429 Slow\r\nRetry-After: 7", "{}");
  const auto slow = ask(principal());
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code, ErrorCode::throttled);
  EXPECT_EQ(slow.error().retry_after, std::chrono::seconds(7));
  service_.answer("500 Oops", "<html>");
  EXPECT_EQ(ask(principal()).error().code, ErrorCode::unavailable);
}

TEST_F(EntraSourceTest, NeverShowsASecretThatIsEchoed) {
  service_.answer("401 No", R"({"error_description":"AADSTS1: your secret is s3cret&x"})");
  EXPECT_THAT(ask(principal()).error().message, Not(HasSubstr("s3cret")));
  service_.answer("200 OK", "s3cret&x");
  EXPECT_THAT(ask(principal()).error().message, Not(HasSubstr("s3cret")));
}

TEST_F(EntraSourceTest, SendsSecretsOverTlsOrToThisMachineAlone) {
  ServicePrincipal identity = principal();
  identity.authority.url = "http://login.example";
  const auto token = ask(identity);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(token.error().message, AllOf(HasSubstr("https only"), HasSubstr("login.example")));
}

TEST_F(EntraSourceTest, RefusesATenantThatIsNone) {
  for (const char* tenant : {"", "..", "a/b", "a b", "a?x"}) {
    ServicePrincipal identity = principal();
    identity.tenant = tenant;
    const auto token = ask(identity);
    ASSERT_FALSE(token) << tenant;
    EXPECT_EQ(token.error().code, ErrorCode::invalid_argument) << tenant;
  }
  EXPECT_EQ(service_.requests(), 0);
}

}  // namespace
}  // namespace aloft::azure::internal
