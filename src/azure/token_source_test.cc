// SPDX-License-Identifier: Apache-2.0
#include "azure/token_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "azure/token_server_fake.h"

namespace aloft::azure {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SeveralIdentitiesTest : public testing::Test {
 protected:
  Result<AccessToken> ask() { return source_->request(Limits::within(std::chrono::seconds(20))); }

  FakeTokenServer first_, second_;
  const std::unique_ptr<TokenSource> source_ =
      make_token_source({{ManagedIdentity{.authority = first_.authority(), .client_id = "one"},
                          ManagedIdentity{.authority = second_.authority(), .client_id = "two"}}},
                        kStorageResource);
};

TEST_F(SeveralIdentitiesTest, TakesTheFirstThatIsThereAndStaysWithIt) {
  first_.answer("400 Bad", R"({"error_description":"Identity not found"})");
  EXPECT_THAT(source_->name(), AllOf(HasSubstr("client_id one"), HasSubstr("client_id two")));
  ASSERT_TRUE(ask());
  EXPECT_EQ(source_->name(), "the managed identity with client_id two");
  first_.give_tokens();
  ASSERT_TRUE(ask());
  EXPECT_EQ(first_.requests(), 1);
  EXPECT_EQ(second_.requests(), 2);
}

TEST_F(SeveralIdentitiesTest, DoesNotBecomeSomebodyElseByAPassingFault) {
  first_.answer("503 Busy", "");
  const auto token = ask();
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::unavailable);
  EXPECT_EQ(second_.requests(), 0);
}

TEST_F(SeveralIdentitiesTest, SaysWhyNoneGivesAToken) {
  first_.answer("400 Bad", R"({"error_description":"no first"})");
  second_.answer("400 Bad", R"({"error_description":"no second"})");
  const auto token = ask();
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(token.error().message, AllOf(HasSubstr("no first"), HasSubstr("no second")));
}

}  // namespace
}  // namespace aloft::azure
