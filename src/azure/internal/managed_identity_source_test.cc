// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/managed_identity_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "azure/token_server_fake.h"
#include "base/fake_clock.h"

namespace aloft::azure::internal {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ManagedIdentitySourceTest : public testing::Test {
 protected:
  static Limits limits() { return Limits::within(std::chrono::seconds(20)); }

  FakeClock clock_;
  FakeTokenServer service_;
  ManagedIdentitySource source_{{.authority = service_.authority()}, kStorageResource, clock_};
};

TEST_F(ManagedIdentitySourceTest, AsksTheMetadataServiceAsItsDocumentationSays) {
  const auto token = source_.request(limits());
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->text, "token1");
  EXPECT_EQ(token->expires, clock_.wall_now() + std::chrono::hours(1));
  EXPECT_THAT(service_.request(),
              StartsWith("GET /below/metadata/identity/oauth2/token?api-version=2018-02-01&"
                         "resource=https%3A%2F%2Fstorage.azure.com%2F HTTP/1.1\r\n"));
  EXPECT_THAT(service_.request(), HasSubstr("Metadata: true\r\n"));
}

TEST_F(ManagedIdentitySourceTest, SaysWhichIdentityItMeans) {
  ManagedIdentitySource source({.authority = service_.authority(), .client_id = "a b"},
                               kStorageResource, clock_);
  ASSERT_TRUE(source.request(limits()));
  EXPECT_THAT(service_.request(), HasSubstr("&client_id=a%20b HTTP/1.1\r\n"));
}

TEST_F(ManagedIdentitySourceTest, SaysWhatTheMetadataServiceSays) {
  const std::tuple<const char*, ErrorCode> cases[] = {
      {"400 Bad", ErrorCode::permission_denied}, {"403 No", ErrorCode::permission_denied},
      {"404 Gone", ErrorCode::unavailable},      {"410 Gone", ErrorCode::unavailable},
      {"429 Slow", ErrorCode::throttled},        {"503 Busy", ErrorCode::unavailable}};
  for (const auto& [status, code] : cases) {
    service_.answer(status,
                    R"({"error":"invalid_request","error_description":"Identity not found"})");
    const auto token = source_.request(limits());
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, code) << status;
    EXPECT_THAT(token.error().message,
                AllOf(HasSubstr("Identity not found"), HasSubstr("managed identity"),
                      HasSubstr(service_.authority())));
  }
}

TEST_F(ManagedIdentitySourceTest, RefusesAnswersThatAreNoTokenWithoutShowingThem) {
  for (const char* body :
       {"", "[]", "secret", R"({"access_token":"secret"})",
        R"({"access_token":"secret","expires_in":"0"})",
        R"({"access_token":"secret","expires_in":"soon"})",
        R"({"access_token":"secret","expires_in":"9223372036854775807"})",
        R"({"access_token":"sec\nret","expires_in":"3600"})", R"({"expires_in":"3600"})"}) {
    service_.answer("200 OK", body);
    const auto token = source_.request(limits());
    ASSERT_FALSE(token) << body;
    EXPECT_EQ(token.error().code, ErrorCode::corrupt) << body;
    EXPECT_THAT(token.error().message, Not(HasSubstr("secret")));
  }
}

TEST_F(ManagedIdentitySourceTest, SaysThatNobodyAnswers) {
  ManagedIdentitySource source({.authority = "http://127.0.0.1:1"}, kStorageResource, clock_);
  const auto token = source.request(limits());
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::unavailable);
  EXPECT_THAT(token.error().message, HasSubstr("only machines of Azure"));
}

}  // namespace
}  // namespace aloft::azure::internal
