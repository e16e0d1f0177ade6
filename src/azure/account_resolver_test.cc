// SPDX-License-Identifier: Apache-2.0
#include "azure/account_resolver.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "azure/configuration_fake.h"

namespace aloft::azure {
namespace {

using testing::HasSubstr;
using testing::Not;

class AccountResolverTest : public testing::Test, protected FakeConfiguration {
 protected:
  Result<Account> resolve(std::string_view name) { return resolve_account(name, environment()); }
};

TEST_F(AccountResolverTest, TakesKeyOrSasFromTheEnvironmentForTheAccountItNames) {
  set("AZURE_STORAGE_ACCOUNT", "lab");
  set("AZURE_STORAGE_KEY", kKey);
  const auto lab = resolve("lab");
  ASSERT_TRUE(lab) << lab.error().message;
  EXPECT_EQ(std::get<SharedKey>(lab->credential).key, "secret");
  EXPECT_EQ(to_string(lab->endpoint), "https://lab.blob.core.windows.net");
  EXPECT_EQ(resolve("other").error().code, ErrorCode::not_found);

  unset("AZURE_STORAGE_KEY");
  set("AZURE_STORAGE_SAS_TOKEN", "?sv=1&sig=x");
  EXPECT_EQ(std::get<SasToken>(resolve("lab")->credential).query, "sv=1&sig=x");
}

TEST_F(AccountResolverTest, TakesAConnectionStringForTheAccountItNames) {
  set("AZURE_STORAGE_CONNECTION_STRING", std::string("AccountName=lab;AccountKey=") + kKey);
  EXPECT_TRUE(resolve("lab"));
  EXPECT_EQ(resolve("other").error().code, ErrorCode::not_found);
}

TEST_F(AccountResolverTest, ReadsTheAccountsFile) {
  write("accounts.toml", fmt::format("[account.lab]\nkey = \"{}\"\n"
                                     "endpoint = \"http://127.0.0.1:1/lab\"\n"
                                     "[account.open]\n"
                                     "[account.conn]\n"
                                     "connection_string = \"AccountName=conn;AccountKey={}\"\n",
                                     kKey, kKey));
  EXPECT_EQ(resolve("lab")->endpoint.base_path, "/lab");
  EXPECT_TRUE(std::holds_alternative<Anonymous>(resolve("open")->credential));
  EXPECT_TRUE(std::holds_alternative<SharedKey>(resolve("conn")->credential));
}

TEST_F(AccountResolverTest, TakesAManagedIdentityFromTheFile) {
  write("accounts.toml",
        "[account.lab]\ncredential = \"managed-identity\"\nclient_id = \"one\"\n"
        "[account.devstoreaccount1]\ncredential = \"managed-identity\"\n"
        "endpoint = \"http://127.0.0.1:1/devstoreaccount1\"\n");
  const auto lab = resolve("lab");
  ASSERT_TRUE(lab) << lab.error().message;
  EXPECT_EQ(std::get<ManagedIdentity>(lab->credential).client_id, "one");
  EXPECT_EQ(std::get<ManagedIdentity>(lab->credential).authority, "http://169.254.169.254");
  set("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:2/x");
  const auto emulated = resolve("devstoreaccount1");
  ASSERT_TRUE(emulated) << emulated.error().message;
  EXPECT_EQ(std::get<ManagedIdentity>(emulated->credential).authority, "http://127.0.0.1:2/x");
}

TEST_F(AccountResolverTest, RefusesAManagedIdentityThatCannotBeMeant) {
  const std::tuple<const char*, const char*> cases[] = {
      {"credential = \"password\"", "managed-identity"},
      {"credential = \"managed-identity\"\nkey = \"c2VjcmV0\"", "needs no key"},
      {"credential = \"managed-identity\"\nendpoint = \"http://example.com\"", "https only"}};
  for (const auto& [settings, expected] : cases) {
    write("accounts.toml", fmt::format("[account.lab]\n{}\n", settings));
    const auto account = resolve("lab");
    ASSERT_FALSE(account) << settings;
    EXPECT_EQ(account.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(account.error().message, HasSubstr(expected));
    EXPECT_THAT(account.error().message, HasSubstr("[account.lab]"));
  }
}

TEST_F(AccountResolverTest, PrefersTheEnvironment) {
  write("accounts.toml", "[account.lab]\nsas = \"sig=file\"\n");
  set("AZURE_STORAGE_ACCOUNT", "lab");
  set("AZURE_STORAGE_KEY", kKey);
  EXPECT_TRUE(std::holds_alternative<SharedKey>(resolve("lab")->credential));
}

TEST_F(AccountResolverTest, RefusesAnAccountsFileThatOthersCanRead) {
  write("accounts.toml", "[account.lab]\n", 0644);
  const auto account = resolve("lab");
  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(account.error().message, HasSubstr("chmod 600"));
}

TEST_F(AccountResolverTest, SaysWhereTheAccountsFileIsMalformed) {
  write("accounts.toml", "[account.lab]\nkey = \n");
  EXPECT_THAT(resolve("lab").error().message, HasSubstr("accounts.toml:2"));
  write("accounts.toml", "[account.lab]\n\nkee = \"x\"\n");
  EXPECT_THAT(resolve("lab").error().message, HasSubstr("accounts.toml:3"));
  write("accounts.toml", "[account.lab]\nkey = \"no base64 c2VjcmV0\"\n");
  EXPECT_THAT(resolve("lab").error().message, Not(HasSubstr("c2VjcmV0")));
}

TEST_F(AccountResolverTest, NamesWhatItLookedForAndTheRemedy) {
  const auto account = resolve("lab");
  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().code, ErrorCode::not_found);
  for (const char* part : {"lab", "AZURE_STORAGE_ACCOUNT", "accounts.toml", "[account.lab]"}) {
    EXPECT_THAT(account.error().message, HasSubstr(part));
  }
}

TEST_F(AccountResolverTest, FindsTheEmulatorThatThisUserRuns) {
  write_record(::getpid());
  const auto account = resolve("devstoreaccount1");
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(to_string(account->endpoint), "http://127.0.0.1:4711/devstoreaccount1");
  EXPECT_EQ(std::get<SharedKey>(account->credential).key, "secret");
}

TEST_F(AccountResolverTest, SaysThatNoEmulatorRuns) {
  for (const bool dead_record : {false, true}) {
    if (dead_record) write_record(999'999'999);
    const auto account = resolve("devstoreaccount1");
    ASSERT_FALSE(account);
    EXPECT_EQ(account.error().code, ErrorCode::not_found);
    EXPECT_THAT(account.error().message, HasSubstr("aloft emulator"));
  }
}

TEST_F(AccountResolverTest, RefusesARecordThatMakesNoSense) {
  for (const char* text :
       {"", "[]", "{}", R"({"version":2,"pid":1})", R"({"version":1,"pid":"x"})"}) {
    write("emulator.json", text);
    const auto account = resolve("devstoreaccount1");
    ASSERT_FALSE(account) << text;
    EXPECT_EQ(account.error().code, ErrorCode::corrupt) << text;
  }
}

}  // namespace
}  // namespace aloft::azure
