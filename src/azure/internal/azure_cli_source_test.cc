// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/azure_cli_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/temporary_directory.h"

namespace aloft::azure::internal {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AzureCliSourceTest : public testing::Test {
 protected:
  /// Asks an az that is this script.
  Result<AccessToken> ask(const std::string& script, const std::string& tenant = "",
                          const Limits& limits = Limits::within(std::chrono::seconds(20))) {
    CHECK(replace_file(program(), "#!/bin/sh\n" + script, 0700).has_value());
    AzureCliSource source({.program = program(), .tenant = tenant}, kStorageResource, {});
    return source.request(limits);
  }
  std::string program() const { return directory_.path() + "/az"; }

  const TemporaryDirectory directory_;
};

TEST_F(AzureCliSourceTest, AsksForATokenOfTheResource) {
  const auto token = ask(
      "[ \"$*\" = 'account get-access-token --output json --resource https://storage.azure.com/ "
      "--tenant contoso' ] || exit 9\n"
      R"(echo '{"accessToken": "token", "expires_on": 1800000000, "tokenType": "Bearer"}')",
      "contoso");
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->text, "token");
  EXPECT_EQ(token->expires, std::chrono::system_clock::from_time_t(1'800'000'000));
}

TEST_F(AzureCliSourceTest, StartsAzInTheSurroundingsOfItsUser) {
  ASSERT_TRUE(replace_file(program(),
                           "#!/bin/sh\necho '{\"accessToken\": \"'$AZURE_CONFIG_DIR'\", "
                           "\"expires_on\": 1800000000}'",
                           0700));
  const AzureCli cli{
      .program = "az",
      .variables = {{"AZURE_CONFIG_DIR", "mine"}, {"PATH", directory_.path() + ":/usr/bin:/bin"}}};
  AzureCliSource source(cli, kStorageResource, {});
  const auto token = source.request(Limits::within(std::chrono::seconds(20)));
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->text, "mine");
}

TEST_F(AzureCliSourceTest, ReadsTheLocalTimeOfOlderVersions) {
  const auto expiry = azure_cli_expiry(R"({"expiresOn": "2026-11-21 04:05:06.000000"})");
  ASSERT_TRUE(expiry);
  const std::time_t time = std::chrono::system_clock::to_time_t(*expiry);
  std::tm parts{};
  localtime_r(&time, &parts);
  EXPECT_EQ(parts.tm_hour, 4);
  EXPECT_EQ(parts.tm_sec, 6);
  for (const char* text : {"", "{}", R"({"expiresOn": "soon"})", R"({"expires_on": "1x"})"}) {
    EXPECT_FALSE(azure_cli_expiry(text)) << text;
  }
}

TEST_F(AzureCliSourceTest, SaysWhatAzSaysAndTheRemedy) {
  const auto token = ask("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(token.error().message,
              AllOf(HasSubstr("Please run 'az login'"), HasSubstr("sign in: az login")));
}

TEST_F(AzureCliSourceTest, TellsANetworkThatFailsFromAUserWhoMaySignIn) {
  const auto token = ask(
      "echo \"ERROR: HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries "
      "exceeded with url: /organizations\" >&2; exit 1");
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::unavailable);
  EXPECT_THAT(token.error().message,
              AllOf(HasSubstr("login.microsoftonline.com"), Not(HasSubstr("az login"))));
}

TEST_F(AzureCliSourceTest, RefusesWhatIsNoTokenWithoutShowingIt) {
  for (const char* output : {"secret", R"({"accessToken": "secret"})",
                             R"({"accessToken": "", "expires_on": 1800000000})"}) {
    const auto token = ask(std::string("echo '") + output + "'");
    ASSERT_FALSE(token) << output;
    EXPECT_EQ(token.error().code, ErrorCode::corrupt);
    EXPECT_THAT(token.error().message, Not(HasSubstr("secret")));
  }
}

TEST_F(AzureCliSourceTest, SaysThatThereIsNoAz) {
  AzureCliSource source({.program = program()}, kStorageResource, {});
  const auto token = source.request(Limits::within(std::chrono::seconds(20)));
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::not_found);
  EXPECT_THAT(token.error().message, HasSubstr("install the Azure CLI"));
}

TEST_F(AzureCliSourceTest, EndsAnAzThatTheCallerWaitsForNoLonger) {
  std::stop_source stop;
  stop.request_stop();
  const auto token = ask("exec sleep 600", "", {.stop = stop.get_token()});
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace aloft::azure::internal
