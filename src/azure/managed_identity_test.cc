// SPDX-License-Identifier: Apache-2.0
#include "azure/managed_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "azure/metadata_service_fake.h"
#include "base/fake_clock.h"

namespace aloft::azure {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ManagedIdentityTest : public testing::Test {
 protected:
  static Limits limits() { return Limits::within(std::chrono::seconds(20)); }
  std::string token() { return tokens_.token(limits()).value(); }

  FakeClock clock_;
  FakeMetadataService service_;
  ManagedIdentityTokens tokens_{{.authority = service_.authority()}, kStorageResource, clock_};
};

TEST_F(ManagedIdentityTest, AsksTheMetadataServiceAsItsDocumentationSays) {
  EXPECT_EQ(token(), "token1");
  EXPECT_THAT(service_.request(),
              StartsWith("GET /below/metadata/identity/oauth2/token?api-version=2018-02-01&"
                         "resource=https%3A%2F%2Fstorage.azure.com%2F HTTP/1.1\r\n"));
  EXPECT_THAT(service_.request(), HasSubstr("Metadata: true\r\n"));
}

TEST_F(ManagedIdentityTest, SaysWhichIdentityItMeans) {
  ManagedIdentityTokens tokens({.authority = service_.authority(), .client_id = "a b"},
                               kStorageResource, clock_);
  ASSERT_TRUE(tokens.token(limits()));
  EXPECT_THAT(service_.request(), HasSubstr("&client_id=a%20b HTTP/1.1\r\n"));
}

TEST_F(ManagedIdentityTest, KeepsATokenUntilShortlyBeforeItsEnd) {
  EXPECT_EQ(token(), "token1");
  clock_.advance(std::chrono::minutes(49));
  EXPECT_EQ(token(), "token1");
  clock_.advance(std::chrono::minutes(1));
  EXPECT_EQ(token(), "token2");
  EXPECT_EQ(service_.requests(), 2);
}

TEST_F(ManagedIdentityTest, GoesOnWithTheOldTokenWhileThereIsNoNewOne) {
  EXPECT_EQ(token(), "token1");
  service_.answer("500 Oops", "");
  clock_.advance(std::chrono::minutes(55));
  EXPECT_EQ(token(), "token1");
  EXPECT_EQ(token(), "token1");
  EXPECT_EQ(service_.requests(), 2) << "it asks again only after a pause";
  clock_.advance(std::chrono::minutes(5));
  EXPECT_EQ(tokens_.token(limits()).error().code, ErrorCode::unavailable);
  service_.give_tokens();
  EXPECT_EQ(token(), "token4");
}

TEST_F(ManagedIdentityTest, ForgetsATokenThatIsRefusedOnce) {
  EXPECT_EQ(token(), "token1");
  tokens_.forget("token1");
  EXPECT_EQ(token(), "token2");
  tokens_.forget("token1");  // By a thread that was slower.
  EXPECT_EQ(token(), "token2");
}

TEST_F(ManagedIdentityTest, AsksOnceForManyThreads) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] { EXPECT_EQ(token(), "token1"); });
  }
  threads.clear();
  EXPECT_EQ(service_.requests(), 1);
}

TEST_F(ManagedIdentityTest, SaysWhatTheMetadataServiceSays) {
  const std::tuple<const char*, ErrorCode> cases[] = {
      {"400 Bad", ErrorCode::permission_denied}, {"403 No", ErrorCode::permission_denied},
      {"404 Gone", ErrorCode::unavailable},      {"410 Gone", ErrorCode::unavailable},
      {"429 Slow", ErrorCode::throttled},        {"503 Busy", ErrorCode::unavailable}};
  for (const auto& [status, code] : cases) {
    service_.answer(status,
                    R"({"error":"invalid_request","error_description":"Identity not found"})");
    const auto token = tokens_.token(limits());
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, code) << status;
    EXPECT_THAT(token.error().message,
                AllOf(HasSubstr("Identity not found"), HasSubstr("managed identity"),
                      HasSubstr(service_.authority())));
  }
}

TEST_F(ManagedIdentityTest, RefusesAnswersThatAreNoTokenWithoutShowingThem) {
  for (const char* body :
       {"", "[]", "secret", R"({"access_token":"secret"})",
        R"({"access_token":"secret","expires_in":"0"})",
        R"({"access_token":"secret","expires_in":"soon"})",
        R"({"access_token":"sec\nret","expires_in":"3600"})", R"({"expires_in":"3600"})"}) {
    service_.answer("200 OK", body);
    const auto token = tokens_.token(limits());
    ASSERT_FALSE(token) << body;
    EXPECT_EQ(token.error().code, ErrorCode::corrupt) << body;
    EXPECT_THAT(token.error().message, Not(HasSubstr("secret")));
  }
}

TEST_F(ManagedIdentityTest, SaysThatNobodyAnswers) {
  ManagedIdentityTokens tokens({.authority = "http://127.0.0.1:1"}, kStorageResource, clock_);
  const auto token = tokens.token(limits());
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::unavailable);
  EXPECT_THAT(token.error().message, HasSubstr("only machines of Azure"));
}

}  // namespace
}  // namespace aloft::azure
