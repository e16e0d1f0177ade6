// SPDX-License-Identifier: Apache-2.0
#include "executor/environment_export.h"

#include <gmock/gmock.h>

namespace aloft::executor {
namespace {

using testing::ElementsAre;
using testing::Pair;
using Inherit = workload::EnvironmentExport::Inherit;

const std::vector<std::string> kEnvironment{"HOME=/home/me",
                                            "PATH=/bin",
                                            "A=1",
                                            "B=two=2",
                                            "SLURM_JOB_ID=4",
                                            "AZURE_STORAGE_KEY=k",
                                            "XDG_CONFIG_HOME=/conf",
                                            "BAD=\xff",
                                            "CONN=x;AccountKey=k"};

TEST(EnvironmentExport, CarriesAllButSecretsAndTheOuterAllocation) {
  const auto carried = choose_environment({}, kEnvironment);
  EXPECT_THAT(carried.variables,
              ElementsAre(Pair("A", "1"), Pair("B", "two=2"), Pair("HOME", "/home/me"),
                          Pair("PATH", "/bin"), Pair("XDG_CONFIG_HOME", "/conf")));
  EXPECT_THAT(carried.secrets, ElementsAre("AZURE_STORAGE_KEY", "CONN"));
  EXPECT_THAT(carried.not_text, ElementsAre("BAD"));
}

TEST(EnvironmentExport, CarriesWhatTheRuleNames) {
  const auto named = choose_environment(
      {.inherit = Inherit::named, .names = {"A", "AZURE_STORAGE_KEY"}, .assignments = {{"C", "3"}}},
      kEnvironment);
  EXPECT_THAT(named.variables, ElementsAre(Pair("A", "1"), Pair("C", "3")));
  EXPECT_THAT(named.secrets, ElementsAre("AZURE_STORAGE_KEY"));
  EXPECT_THAT(choose_environment({.inherit = Inherit::login}, kEnvironment).variables,
              ElementsAre(Pair("HOME", "/home/me"), Pair("PATH", "/bin")));
  EXPECT_TRUE(choose_environment({.inherit = Inherit::none}, kEnvironment).variables.empty());
}

TEST(EnvironmentExport, LeavesNoSecretInTheRuleItself) {
  workload::EnvironmentExport rule{.assignments = {{"A", "1"}, {"B_TOKEN", "x"}},
                                   .written = "ALL,A=1,B_TOKEN=x"};
  strip_secrets(rule);
  EXPECT_EQ(rule.written, "ALL,A=1");
  EXPECT_THAT(rule.assignments, ElementsAre(Pair("A", "1")));
}

TEST(EnvironmentExport, AlwaysKnowsWhereAccountsAreFound) {
  EXPECT_THAT(choose_environment({.inherit = Inherit::none}, kEnvironment).for_accounts,
              ElementsAre(Pair("HOME", "/home/me"), Pair("XDG_CONFIG_HOME", "/conf")));
}

TEST(EnvironmentExport, KnowsSecretsByNameAndByValue) {
  for (const char* name : {"AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_CONNECTION_STRING",
                           "AZURE_BATCH_ACCESS_KEY", "AZURE_CLIENT_SECRET", "GITHUB_TOKEN",
                           "aws_secret_access_key", "DB_PASSWORD", "X_API_KEY"}) {
    EXPECT_TRUE(looks_secret(name, "")) << name;
  }
  for (const char* name : {"PATH", "AZURE_STORAGE_ACCOUNT", "TOKENIZERS_PARALLELISM", "KEYBOARD",
                           "MONKEY", "SSH_AUTH_SOCK"}) {
    EXPECT_FALSE(looks_secret(name, "value")) << name;
  }
  EXPECT_TRUE(looks_secret("URL", "https://a/b?sv=2024&sig=abc"));
}

TEST(EnvironmentExport, KnowsText) {
  EXPECT_TRUE(is_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"));
  for (const char* bad :
       {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "a\x80"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

}  // namespace
}  // namespace aloft::executor
