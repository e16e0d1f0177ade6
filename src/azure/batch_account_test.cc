// SPDX-License-Identifier: Apache-2.0
#include "azure/batch_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "azure/configuration_fake.h"

namespace aloft::azure {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class BatchAccountTest : public testing::Test, protected FakeConfiguration {
 protected:
  Result<BatchAccount> resolve(std::string_view name = {}) {
    return resolve_batch_account(environment(), name);
  }
  void set_environment_account() {
    set("AZURE_BATCH_ACCOUNT", "lab");
    set("AZURE_BATCH_ACCESS_KEY", kKey);
    set("AZURE_BATCH_ENDPOINT", "https://lab.westeurope.batch.azure.com/");
  }
};

TEST_F(BatchAccountTest, ComesFromTheEnvironment) {
  set_environment_account();
  const auto account = resolve();
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->name, "lab");
  EXPECT_EQ(to_string(account->endpoint), "https://lab.westeurope.batch.azure.com");
  EXPECT_EQ(std::get<SharedKey>(account->credential).key, "secret");
}

TEST_F(BatchAccountTest, OfTheEnvironmentIsNotTakenForAnother) {
  set_environment_account();
  EXPECT_EQ(resolve("other").error().code, ErrorCode::not_found);
  EXPECT_TRUE(resolve("lab"));
}

TEST_F(BatchAccountTest, TakesAnEndpointAsThePortalShowsIt) {
  set_environment_account();
  set("AZURE_BATCH_ENDPOINT", "lab.westeurope.batch.azure.com");
  EXPECT_EQ(to_string(resolve()->endpoint), "https://lab.westeurope.batch.azure.com");
}

TEST_F(BatchAccountTest, SaysWhatTheEnvironmentLacks) {
  set_environment_account();
  unset("AZURE_BATCH_ENDPOINT");
  EXPECT_THAT(resolve().error().message,
              AllOf(HasSubstr("lab"), HasSubstr("AZURE_BATCH_ENDPOINT")));
  set("AZURE_BATCH_ENDPOINT", "ftp://x");
  EXPECT_EQ(resolve().error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(resolve().error().message, HasSubstr("AZURE_BATCH_ENDPOINT"));
  unset("AZURE_BATCH_ACCESS_KEY");
  EXPECT_THAT(resolve().error().message, HasSubstr("AZURE_BATCH_ACCESS_KEY"));
}

TEST_F(BatchAccountTest, ComesFromTheAccountsFile) {
  write("accounts.toml", fmt::format("[batch.lab]\nendpoint = \"http://127.0.0.1:1\"\n"
                                     "key = \"{}\"\n[account.lab]\n",
                                     kKey));
  const auto account = resolve();
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->name, "lab");
  EXPECT_EQ(to_string(account->endpoint), "http://127.0.0.1:1");
  EXPECT_EQ(resolve("other").error().code, ErrorCode::not_found);
}

TEST_F(BatchAccountTest, ChoosesAmongSeveralByNameOrDefault) {
  const std::string tables = fmt::format(
      "[batch.one]\nendpoint = \"one.x\"\nkey = \"{0}\"\n"
      "[batch.two]\nendpoint = \"two.x\"\nkey = \"{0}\"\n",
      kKey);
  write("accounts.toml", tables);
  EXPECT_EQ(resolve("two")->name, "two");
  EXPECT_THAT(resolve().error().message, HasSubstr("default_batch"));
  set("AZURE_BATCH_ACCOUNT", "one");
  EXPECT_EQ(resolve()->name, "one");
  unset("AZURE_BATCH_ACCOUNT");
  write("accounts.toml", "default_batch = \"two\"\n" + tables);
  EXPECT_EQ(resolve()->name, "two");
  write("accounts.toml", "\ndefault_batch = \"three\"\n" + tables);
  EXPECT_THAT(resolve().error().message, HasSubstr("accounts.toml:2"));
}

TEST_F(BatchAccountTest, SaysWhatTheAccountsFileLacksWithoutShowingKeys) {
  write("accounts.toml", fmt::format("[batch.lab]\nkey = \"{}\"\n", kKey));
  EXPECT_THAT(resolve().error().message,
              AllOf(HasSubstr("accounts.toml [batch.lab]"), Not(HasSubstr(kKey))));
  write("accounts.toml", "[batch.lab]\n\nurl = \"x\"\n");
  EXPECT_THAT(resolve().error().message,
              AllOf(HasSubstr("accounts.toml:3"), HasSubstr("[batch.lab] takes endpoint, key")));
  write("accounts.toml", "[batch.lab]\nendpoint = \"lab.x\"\nkey = \"no base64 c2VjcmV0\"\n");
  EXPECT_THAT(resolve().error().message, Not(HasSubstr(kKey)));
}

TEST_F(BatchAccountTest, IsTheEmulatorsWhereNoneIsConfigured) {
  write_record(::getpid(), R"(,"batch_endpoint":"http://127.0.0.1:4712")");
  const auto account = resolve();
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->name, "devstoreaccount1");
  EXPECT_EQ(to_string(account->endpoint), "http://127.0.0.1:4712");
  EXPECT_EQ(std::get<SharedKey>(account->credential).key, "secret");
  EXPECT_TRUE(resolve("devstoreaccount1"));
  EXPECT_EQ(resolve("lab").error().code, ErrorCode::not_found);
}

TEST_F(BatchAccountTest, NamesWhatItLookedForAndTheRemedy) {
  for (const bool without_batch : {false, true}) {
    if (without_batch) write_record(::getpid());
    const auto account = resolve();
    ASSERT_FALSE(account);
    EXPECT_EQ(account.error().code, ErrorCode::not_found);
    for (const char* part :
         {"AZURE_BATCH_ACCOUNT", "AZURE_BATCH_ACCESS_KEY", "AZURE_BATCH_ENDPOINT", "[batch.NAME]",
          "accounts.toml", "aloft emulator", "emulator.json"}) {
      EXPECT_THAT(account.error().message, HasSubstr(part));
    }
  }
}

TEST_F(BatchAccountTest, TakesIdentities) {
  write("accounts.toml",
        "[batch.lab]\nendpoint = \"lab.x\"\ncredential = \"managed-identity\"\n"
        "[batch.open]\nendpoint = \"http://open.x\"\ncredential = \"managed-identity\"\n");
  const auto lab = resolve_batch_account(environment(), "lab");
  ASSERT_TRUE(lab) << lab.error().message;
  EXPECT_EQ(std::get<Identities>(lab->credential), (Identities{{ManagedIdentity{}}}));
  EXPECT_THAT(resolve_batch_account(environment(), "open").error().message,
              HasSubstr("https only"));
}

TEST_F(BatchAccountTest, TakesTheIdentityOfTheEnvironmentWhereThereIsNoKey) {
  set("AZURE_BATCH_ACCOUNT", "lab");
  set("AZURE_BATCH_ENDPOINT", "lab.x");
  set("AZURE_TENANT_ID", "t");
  set("AZURE_CLIENT_ID", "app");
  set("AZURE_CLIENT_SECRET", "x");
  const auto lab = resolve_batch_account(environment());
  ASSERT_TRUE(lab) << lab.error().message;
  EXPECT_EQ(kind_of(lab->credential), "service principal (secret)");
  EXPECT_EQ(to_string(lab->endpoint), "https://lab.x");
  EXPECT_EQ(resolve_batch_account(environment(), "other").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace aloft::azure
