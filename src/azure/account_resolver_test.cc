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
  Result<Account> resolve(std::string_view name) {
    return resolve_account(name, environment(), machine_);
  }
  /// Of the only identity of an account.
  template <class T>
  T identity_of(std::string_view name) {
    const auto account = resolve(name);
    CHECK(account.has_value());
    const auto& identities = std::get<Identities>(account->credential);
    EXPECT_EQ(identities.in_order.size(), 1u);
    return std::get<T>(identities.in_order.front());
  }

  const TemporaryDirectory files_;
  /// Not one of Azure until a test writes its tag.
  const Machine machine_{.asset_tag_file = files_.path() + "/tag"};
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
                                     "dfs_endpoint = \"http://127.0.0.1:2/lab\"\n"
                                     "[account.open]\n"
                                     "[account.conn]\n"
                                     "connection_string = \"AccountName=conn;AccountKey={}\"\n",
                                     kKey, kKey));
  EXPECT_EQ(resolve("lab")->endpoint.base_path, "/lab");
  EXPECT_EQ(resolve("lab")->dfs_endpoint->server.port, 2);
  EXPECT_FALSE(resolve("open")->dfs_endpoint);
  EXPECT_TRUE(std::holds_alternative<Anonymous>(resolve("open")->credential));
  EXPECT_TRUE(std::holds_alternative<SharedKey>(resolve("conn")->credential));
}

TEST_F(AccountResolverTest, TakesAManagedIdentityFromTheFile) {
  write("accounts.toml",
        "[account.lab]\ncredential = \"managed-identity\"\nclient_id = \"one\"\n"
        "[account.devstoreaccount1]\ncredential = \"managed-identity\"\n"
        "endpoint = \"http://127.0.0.1:1/devstoreaccount1\"\n");
  EXPECT_EQ(identity_of<ManagedIdentity>("lab").client_id, "one");
  EXPECT_EQ(identity_of<ManagedIdentity>("lab").authority, "http://169.254.169.254");
  set("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:2/x");
  EXPECT_EQ(identity_of<ManagedIdentity>("devstoreaccount1").authority, "http://127.0.0.1:2/x");
}

TEST_F(AccountResolverTest, RefusesCredentialsThatCannotBeMeant) {
  const std::tuple<const char*, const char*> cases[] = {
      {"credential = \"password\"", "managed-identity"},
      {"credential = \"managed-identity\"\nkey = \"c2VjcmV0\"", "needs no key"},
      {"credential = \"managed-identity\"\nendpoint = \"http://example.com\"", "https only"},
      {"credential = \"service-principal\"\nclient_id = \"a\"\nclient_secret = \"b\"",
       "needs tenant"},
      {"credential = \"service-principal\"\nclient_id = \"a\"\ntenant = \"b\"",
       "either client_secret or certificate"},
      {"credential = \"workload-identity\"\ntenant = \"b\"", "AZURE_CLIENT_ID"},
      {"credential = \"managed-identity\"\nclient_secret = \"b\"", "does not belong"},
      {"credential = \"default\"", "az login"},
      {"client_secret = \"b\"", "credential"},
      {"key = \"c2VjcmV0\"\nproxy = \"http://proxy\"", "https_proxy"},
      {"key = \"c2VjcmV0\"\nsas = \"sig=x\"", "has one of"},
      {"connection_string = \"AccountName=lab;AccountKey=c2VjcmV0\"\nendpoint = \"https://x\"",
       "BlobEndpoint"}};
  for (const auto& [settings, expected] : cases) {
    write("accounts.toml", fmt::format("[account.lab]\n{}\n", settings));
    const auto account = resolve("lab");
    ASSERT_FALSE(account) << settings;
    EXPECT_EQ(account.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(account.error().message, HasSubstr(expected));
    EXPECT_THAT(account.error().message, HasSubstr("[account.lab]"));
  }
}

TEST_F(AccountResolverTest, TakesServicePrincipalsFromTheFile) {
  write("accounts.toml",
        "[account.lab]\ncredential = \"service-principal\"\ntenant = \"t\"\nclient_id = \"app\"\n"
        "client_secret = \"x\"\n"
        "[account.stack]\ncredential = \"service-principal\"\ntenant = \"t\"\nclient_id = \"app\"\n"
        "certificate = \"/app.pem\"\ncertificate_password = \"p\"\n"
        "authority = \"https://login.stack.example\"\nauthorities_file = \"/ca.pem\"\n"
        "proxy = \"none\"\n");
  EXPECT_EQ(identity_of<ServicePrincipal>("lab"),
            (ServicePrincipal{.tenant = "t", .client_id = "app", .secret = "x"}));
  const Authority authority{.url = "https://login.stack.example", .authorities_file = "/ca.pem"};
  EXPECT_EQ(identity_of<ServicePrincipal>("stack"),
            (ServicePrincipal{.authority = authority,
                              .tenant = "t",
                              .client_id = "app",
                              .certificate_file = "/app.pem",
                              .certificate_password = "p"}));
  EXPECT_EQ(resolve("stack")->connection,
            (Connection{.authorities_file = "/ca.pem", .use_proxies = false}));
}

TEST_F(AccountResolverTest, CompletesAWorkloadIdentityOfTheFileFromTheEnvironment) {
  write("accounts.toml",
        "[account.lab]\ncredential = \"workload-identity\"\nclient_id = \"mine\"\n");
  set("AZURE_TENANT_ID", "t");
  set("AZURE_CLIENT_ID", "pod");
  set("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token");
  set("AZURE_AUTHORITY_HOST", "https://login.example/");
  EXPECT_EQ(identity_of<WorkloadIdentity>("lab"),
            (WorkloadIdentity{.authority = {.url = "https://login.example/"},
                              .tenant = "t",
                              .client_id = "mine",
                              .token_file = "/var/run/token"}));
}

TEST_F(AccountResolverTest, TakesTheIdentityThatTheEnvironmentNamesForAnyAccount) {
  set("AZURE_TENANT_ID", "t");
  set("AZURE_CLIENT_ID", "app");
  set("AZURE_FEDERATED_TOKEN_FILE", "/token");
  EXPECT_EQ(identity_of<WorkloadIdentity>("lab").token_file, "/token");
  set("AZURE_CLIENT_CERTIFICATE_PATH", "/app.pem");
  set("AZURE_CLIENT_CERTIFICATE_PASSWORD", "p");
  EXPECT_EQ(identity_of<ServicePrincipal>("lab").certificate_file, "/app.pem");
  EXPECT_EQ(identity_of<ServicePrincipal>("lab").certificate_password, "p");
  set("AZURE_CLIENT_SECRET", "x");
  EXPECT_EQ(identity_of<ServicePrincipal>("lab").secret, "x");
  EXPECT_EQ(identity_of<ServicePrincipal>("lab").certificate_file, "");
  EXPECT_EQ(to_string(resolve("lab")->endpoint), "https://lab.blob.core.windows.net");
}

TEST_F(AccountResolverTest, AsksTheMachineBeforeAz) {
  const std::string az = files_.path() + "/az";
  ASSERT_TRUE(replace_file(az, "", 0700));
  set("PATH", "/nowhere:" + files_.path());
  EXPECT_EQ(identity_of<AzureCli>("lab").program, az);
  ASSERT_TRUE(replace_file(machine_.asset_tag_file, "7783-7084-3265-9085-8269-3286-77\n", 0644));
  set("AZURE_CLIENT_ID", "mine");
  EXPECT_EQ(std::get<Identities>(resolve("lab")->credential),
            (Identities{
                {ManagedIdentity{.client_id = "mine"},
                 AzureCli{.program = az, .variables = {{"PATH", "/nowhere:" + files_.path()}}}}}));
  write("accounts.toml", "[account.lab]\ncredential = \"default\"\n");
  EXPECT_EQ(std::get<Identities>(resolve("lab")->credential).in_order.size(), 2u);
}

TEST_F(AccountResolverTest, DoesNotRunAnAzOfTheDirectoryThatItIsIn) {
  set("PATH", ":.:relative");
  EXPECT_EQ(resolve("lab").error().code, ErrorCode::not_found);
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
  EXPECT_EQ(to_string(account->dfs_endpoint.value()), "http://127.0.0.1:4712/devstoreaccount1");
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
