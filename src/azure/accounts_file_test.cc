// SPDX-License-Identifier: Apache-2.0
#include "azure/accounts_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "azure/account_resolver.h"
#include "azure/configuration_fake.h"

namespace aloft::azure {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AccountsFileTest : public testing::Test, protected FakeConfiguration {
 protected:
  std::string path() { return accounts_file_path(environment()); }
  std::string text() { return read_file(path()).value(); }
  Result<void> add(const std::string& name,
                   std::vector<std::pair<std::string, std::string>> settings,
                   bool replace = false) {
    return add_account({.name = name, .settings = std::move(settings), .replace = replace},
                       environment(), machine_);
  }
  Result<void> remove(const std::string& name) {
    return remove_account(name, AccountService::storage, environment());
  }

  const TemporaryDirectory files_;
  const Machine machine_{.asset_tag_file = files_.path() + "/tag"};
};

TEST_F(AccountsFileTest, IsMadeForThisUserAlone) {
  ASSERT_TRUE(add("lab", {{"key", kKey}}));
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(text(), "[account.lab]\nkey = \"c2VjcmV0\"\n");
  EXPECT_TRUE(resolve_account("lab", environment(), machine_));
}

TEST_F(AccountsFileTest, KeepsWhatElseIsInIt) {
  const std::string before =
      "# Mine.\n[account.one]\nkey = \"c2VjcmV0\"  # of one\n\n"
      "# The second.\n[account.two]\nsas = \"\"\"\nsig=[account.x]\"\"\"\n# end of two\n\n"
      "# The Batch account.\n[batch.one]\nendpoint = \"one.x\"\nkey = \"c2VjcmV0\"";
  write("accounts.toml", before);
  ASSERT_TRUE(add("three", {{"credential", "managed-identity"}, {"client_id", "a\"b\\c"}}));
  EXPECT_EQ(text(), before +
                        "\n\n[account.three]\ncredential = \"managed-identity\"\n"
                        "client_id = \"a\\\"b\\\\c\"\n");
  ASSERT_TRUE(remove("three"));
  ASSERT_TRUE(remove("two"));
  EXPECT_EQ(text(),
            "# Mine.\n[account.one]\nkey = \"c2VjcmV0\"  # of one\n\n# The second.\n"
            "# end of two\n\n# The Batch account.\n[batch.one]\nendpoint = \"one.x\"\nkey = "
            "\"c2VjcmV0\"\n\n");
}

TEST_F(AccountsFileTest, ReplacesATableInItsPlaceWhenAskedTo) {
  write("accounts.toml",
        "[account.one]\nkey = \"c2VjcmV0\"\n\n[account.two]\nkey = \"c2VjcmV0\"\n");
  const auto again = add("one", {{"sas", "sig=x"}});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
  EXPECT_THAT(again.error().message, AllOf(HasSubstr("[account.one]"), HasSubstr("--replace")));
  ASSERT_TRUE(add("one", {{"sas", "sig=x"}}, true));
  EXPECT_EQ(text(), "[account.one]\nsas = \"sig=x\"\n\n[account.two]\nkey = \"c2VjcmV0\"\n");
}

TEST_F(AccountsFileTest, KeepsCommentsThatAreNoPartOfATable) {
  const std::string notes = "# Asked for in May.\n\n# [account.old]\n# key = \"x\"\n";
  const std::string last = "\n# The second.\n[account.two]\nkey = \"c2VjcmV0\"\n";
  write("accounts.toml", "[account.one]\n# Mine.\nkey = \"c2VjcmV0\"\n\n" + notes + last);
  ASSERT_TRUE(add("one", {{"sas", "sig=x"}}, true));
  EXPECT_EQ(text(), "[account.one]\nsas = \"sig=x\"\n\n" + notes + last);
  ASSERT_TRUE(remove("one"));
  EXPECT_EQ(text(), notes + last);
  write("accounts.toml", "[account.open]\n" + notes);
  ASSERT_TRUE(remove("open"));
  EXPECT_EQ(text(), notes);
}

TEST_F(AccountsFileTest, LeavesWhatItCannotEditToPeople) {
  for (const char* before :
       {"account = { lab = { key = \"c2VjcmV0\" } }\n", "[account]\nlab.key = \"c2VjcmV0\"\n",
        "[account]\nlab = { key = \"c2VjcmV0\" }\n"}) {
    write("accounts.toml", before);
    const auto removed = remove("lab");
    ASSERT_FALSE(removed) << before;
    EXPECT_EQ(removed.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(removed.error().message, AllOf(HasSubstr("accounts.toml:"), HasSubstr("by hand")));
    EXPECT_EQ(text(), before);
  }
}

TEST_F(AccountsFileTest, AddsNothingThatWouldMakeTheFileUnreadable) {
  for (const char* before : {"account = { lab = { key = \"c2VjcmV0\" } }\n", "account = { }\n"}) {
    write("accounts.toml", before);
    const auto added = add("other", {{"key", kKey}});
    ASSERT_FALSE(added) << before;
    EXPECT_EQ(added.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(added.error().message, AllOf(HasSubstr("accounts.toml"), HasSubstr("by hand")));
    EXPECT_EQ(text(), before);
  }
}

TEST_F(AccountsFileTest, TakesOnlyWhatMakesAnAccountWithoutShowingSecrets) {
  const auto wrong = add("lab", {{"key", "no base64 S3cret"}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(wrong.error().message, Not(HasSubstr("S3cret")));
  EXPECT_FALSE(add("Lab", {{"key", kKey}}));
  EXPECT_FALSE(add("lab", {{"connection_string", "\xff"}}));
  EXPECT_FALSE(add("lab", {{"credential", "service-principal"}}));
  EXPECT_NE(::access(path().c_str(), F_OK), 0);
}

TEST_F(AccountsFileTest, IsNotTouchedWhileOthersCanReadIt) {
  write("accounts.toml", "[account.one]\n", 0640);
  const auto added = add("lab", {{"key", kKey}});
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(added.error().message, HasSubstr("chmod 600"));
}

TEST_F(AccountsFileTest, MayBeASymlink) {
  const std::string elsewhere = files_.path() + "/elsewhere";
  ASSERT_TRUE(replace_file(elsewhere, "# Kept.\n", 0600));
  ASSERT_EQ(::symlink(elsewhere.c_str(), path().c_str()), 0);
  ASSERT_TRUE(add("lab", {{"key", kKey}}));
  EXPECT_EQ(read_file(elsewhere).value(), "# Kept.\n\n[account.lab]\nkey = \"c2VjcmV0\"\n");
}

TEST_F(AccountsFileTest, SaysThatThereIsNothingToRemove) {
  const auto removed = remove("lab");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, ErrorCode::not_found);
  EXPECT_THAT(removed.error().message, HasSubstr("[account.lab]"));
}

TEST_F(AccountsFileTest, IsListedWithTheRestAndWithoutSecrets) {
  set("AZURE_STORAGE_ACCOUNT", "mine");
  set("AZURE_STORAGE_KEY", kKey);
  write("accounts.toml",
        "[account.bad]\nkey = \"S3cret\"\n[account.mine]\nsas = \"sig=x\"\n"
        "[account.who]\ncredential = \"managed-identity\"\n"
        "[batch.lab]\nendpoint = \"lab.x\"\nkey = \"c2VjcmV0\"\n");
  write_record(::getpid());
  const auto known = known_accounts(environment(), machine_);
  ASSERT_TRUE(known) << known.error().message;
  std::string shown;
  for (const KnownAccount& account : *known) {
    shown += account.name + " " + account.credential + " " + account.endpoint + "\n";
  }
  EXPECT_EQ(shown,
            "mine key https://mine.blob.core.windows.net\nbad  \n"
            "who managed identity https://who.blob.core.windows.net\nlab key https://lab.x\n"
            "devstoreaccount1 key http://127.0.0.1:4711/devstoreaccount1\n");
  EXPECT_THAT((*known)[1].problem, AllOf(HasSubstr("[account.bad]"), Not(HasSubstr("S3cret"))));
  EXPECT_EQ((*known)[0].origin, "environment");
  EXPECT_EQ((*known)[2].origin, path());
  EXPECT_EQ((*known)[4].origin, "emulator");
}

}  // namespace
}  // namespace aloft::azure
