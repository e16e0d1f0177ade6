// SPDX-License-Identifier: Apache-2.0
// What accounts with a hierarchical namespace are asked, and how; what they do then is in
// tests/conformance.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "azure/account.h"
#include "base/fake_clock.h"
#include "base/guarded.h"
#include "http/fake_server.h"
#include "object/azure/azure_account.h"

namespace aloft {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kMade =
    "ETag: \"0x1\"\r\nLast-Modified: Sat, 21 Nov 2026 03:04:05 GMT\r\n";

/// Answers each request by the first rule whose text it holds, else 404.
class AzureTreeTest : public testing::Test {
 protected:
  struct Rule {
    std::string when;
    std::string status;
    std::string headers;
    std::string body{};
  };

  Limits limits() const { return Limits::within(std::chrono::seconds(10)); }
  AzureAccount account(azure::Credential credential = azure::SharedKey{"secret"},
                       bool with_dfs_endpoint = true) {
    azure::Account account{.name = "lab",
                           .endpoint = {.server = server_.endpoint(), .base_path = ""},
                           .credential = std::move(credential)};
    if (with_dfs_endpoint) {
      account.dfs_endpoint = {.server = server_.endpoint(), .base_path = "/dfs"};
    }
    return AzureAccount(std::move(account), std::make_shared<http::Client>(), clock_);
  }
  void rules(std::vector<Rule> rules) { *rules_.lock() = std::move(rules); }
  void hierarchical(std::vector<Rule> others) {
    others.insert(others.begin(), {.when = "restype=account",
                                   .status = "200 OK",
                                   .headers = "x-ms-is-hns-enabled: true\r\n"});
    rules(std::move(others));
  }
  std::vector<std::string> requests() { return *requests_.lock(); }

  FakeClock clock_;
  Guarded<std::vector<Rule>> rules_;
  Guarded<std::vector<std::string>> requests_;
  const Metadata none_;
  http::FakeServer server_{[this](http::FakeConnection& connection, int) {
    for (std::string asked; !(asked = connection.read_request()).empty();) {
      requests_.lock()->push_back(asked);
      connection.send(answer_to(asked));
    }
  }};

 private:
  std::string answer_to(const std::string& asked) {
    Rule rule{
        .when = "", .status = "404 Not Found", .headers = "x-ms-error-code: BlobNotFound\r\n"};
    const std::vector<Rule> rules = *rules_.lock();
    for (const Rule& candidate : rules) {
      if (asked.find(candidate.when) == std::string::npos) continue;
      rule = candidate;
      break;
    }
    const bool head = asked.starts_with("HEAD");
    return "HTTP/1.1 " + rule.status + "\r\n" + rule.headers +
           "Content-Length: " + std::to_string(rule.body.size()) + "\r\n\r\n" +
           (head ? "" : rule.body);
  }
};

TEST_F(AzureTreeTest, AsksOnceForAllContainersWhatKindOfAccountItIs) {
  hierarchical({});
  AzureAccount lab = account();
  EXPECT_TRUE(lab.container("demo")->hierarchical(limits()).value());
  EXPECT_TRUE(lab.container("other")->hierarchical(limits()).value());
  EXPECT_THAT(requests(),
              ElementsAre(StartsWith("HEAD /demo?restype=account&comp=properties HTTP/1.1\r\n")));
}

TEST_F(AzureTreeTest, SeesByAListingWhatItMayNotAsk) {
  rules({{.when = "restype=account", .status = "403 Forbidden", .headers = ""},
         {.when = "include=permissions", .status = "200 OK", .headers = ""}});
  EXPECT_TRUE(account().container("demo")->hierarchical(limits()).value());
  rules({{.when = "restype=account", .status = "403 Forbidden", .headers = ""},
         {.when = "include=permissions", .status = "400 Bad Request", .headers = ""}});
  EXPECT_FALSE(account().container("demo")->hierarchical(limits()).value());
}

TEST_F(AzureTreeTest, AsksAgainWhereNobodyCouldSay) {
  AzureAccount lab = account();
  EXPECT_FALSE(lab.container("missing")->hierarchical(limits()).value());
  rules({{.when = "restype=account", .status = "503 Busy", .headers = ""}});
  EXPECT_EQ(lab.container("demo")->hierarchical(limits()).error().code, ErrorCode::throttled);
  hierarchical({});
  EXPECT_TRUE(lab.container("demo")->hierarchical(limits()).value());
}

TEST_F(AzureTreeTest, AsksAgainAMinuteAfterARefusal) {
  AzureAccount lab = account();
  rules({{.when = "demo?", .status = "403 Forbidden", .headers = ""}});
  EXPECT_FALSE(lab.container("demo")->hierarchical(limits()).value());
  hierarchical({});
  clock_.advance(59s);
  EXPECT_FALSE(lab.container("demo")->hierarchical(limits()).value());
  clock_.advance(1s);
  EXPECT_TRUE(lab.container("demo")->hierarchical(limits()).value());
}

TEST_F(AzureTreeTest, RenamesThroughTheDataLakeService) {
  hierarchical({{.when = "PUT", .status = "201 Created", .headers = ""}});
  ASSERT_TRUE(account().container("demo")->rename({.from = "a b/ü",
                                                   .to = "c+d",
                                                   .conditions = {.if_none_match = "*"},
                                                   .source_if_match = "\"0x1\""},
                                                  limits()));
  ASSERT_EQ(requests().size(), 1u);
  EXPECT_THAT(requests()[0], AllOf(StartsWith("PUT /dfs/demo/c%2Bd?mode=posix HTTP/1.1\r\n"),
                                   HasSubstr("x-ms-rename-source: /demo/a%20b/%C3%BC\r\n"),
                                   HasSubstr("If-None-Match: *\r\n"),
                                   HasSubstr("x-ms-source-if-match: \"0x1\"\r\n"),
                                   HasSubstr("Authorization: SharedKey lab:")));
}

TEST_F(AzureTreeTest, SendsTheSasWithTheSource) {
  hierarchical({{.when = "PUT", .status = "201 Created", .headers = ""}});
  const auto store = account(azure::SasToken{"sv=1&sig=x"}).container("demo");
  ASSERT_TRUE(store->rename({.from = "a", .to = "b"}, limits()));
  EXPECT_THAT(requests()[0], AllOf(HasSubstr("/demo/b?mode=posix&sv=1&sig=x"),
                                   HasSubstr("x-ms-rename-source: /demo/a?sv=1&sig=x\r\n")));
}

TEST_F(AzureTreeTest, GoesOnWithARenameThatTheServiceDoesInSteps) {
  hierarchical(
      {{.when = "continuation=more%3D", .status = "201 Created", .headers = ""},
       {.when = "PUT", .status = "201 Created", .headers = "x-ms-continuation: more=\r\n"}});
  ASSERT_TRUE(account().container("demo")->rename({.from = "a", .to = "b"}, limits()));
  EXPECT_EQ(requests().size(), 2u);
}

TEST_F(AzureTreeTest, TranslatesRefusalsOfARename) {
  const std::tuple<const char*, const char*, ErrorCode> cases[] = {
      {"404 Not Found", "SourcePathNotFound", ErrorCode::not_found},
      {"404 Not Found", "RenameDestinationParentPathNotFound", ErrorCode::not_found},
      {"409 Conflict", "PathAlreadyExists", ErrorCode::already_exists},
      {"412 Precondition", "ConditionNotMet", ErrorCode::already_exists},
      {"412 Precondition", "SourceConditionNotMet", ErrorCode::precondition_failed},
      {"409 Conflict", "DestinationPathIsBeingDeleted", ErrorCode::unavailable}};
  for (const auto& [status, code, expected] : cases) {
    hierarchical({{.when = "PUT",
                   .status = status,
                   .headers = "x-ms-error-code: " + std::string(code) + "\r\n"}});
    const auto renamed = account().container("demo")->rename(
        {.from = "a", .to = "b", .conditions = {.if_none_match = "*"}}, limits());
    ASSERT_FALSE(renamed) << code;
    EXPECT_EQ(renamed.error().code, expected) << code;
  }
}

TEST_F(AzureTreeTest, SaysWhatIsMissingWhereTheDataLakeServiceIsUnknown) {
  const auto renamed = account(azure::SharedKey{"secret"}, false)
                           .container("demo")
                           ->rename({.from = "a", .to = "b"}, limits());
  EXPECT_EQ(renamed.error().code, ErrorCode::unsupported);
  EXPECT_THAT(renamed.error().message, HasSubstr("dfs_endpoint"));
}

TEST_F(AzureTreeTest, SetsTheMetadataOfADirectoryThatIsThere) {
  hierarchical({{.when = "comp=metadata", .status = "200 OK", .headers = std::string(kMade)}});
  const Metadata metadata{{std::string(kDirectoryKey), "true"}, {"colour", "blue"}};
  ASSERT_TRUE(account().container("demo")->put({.key = "d", .content = {}, .metadata = metadata},
                                               limits()));
  EXPECT_THAT(requests().back(),
              AllOf(HasSubstr("x-ms-meta-colour: blue\r\n"), Not(HasSubstr("hdi_isfolder"))));
}

TEST_F(AzureTreeTest, LooksAtDirectoriesThatAListingSaysLittleOf) {
  const std::string properties =
      "<Properties><Last-Modified>Sat, 21 Nov 2026 03:04:05 GMT"
      "</Last-Modified><Etag>0x1</Etag><Content-Length>0"
      "</Content-Length><BlobType>BlockBlob</BlobType>"
      "<ResourceType>directory</ResourceType></Properties>";
  hierarchical(
      {{.when = "comp=list",
        .status = "200 OK",
        .headers = "",
        .body = "<EnumerationResults><Blobs><BlobPrefix><Name>d/</Name>" + properties +
                "</BlobPrefix><BlobPrefix><Name>gone/</Name>" + properties +
                "</BlobPrefix></Blobs><NextMarker/></EnumerationResults>"},
       {.when = "HEAD /demo/d ",
        .status = "200 OK",
        .headers = std::string(kMade) + "x-ms-blob-type: BlockBlob\r\nx-ms-meta-colour: blue\r\n"
                                        "x-ms-resource-type: directory\r\n"}});
  const auto page = account().container("demo")->list({.delimiter = "/"}, limits());
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->objects.size(), 1u);
  EXPECT_EQ(page->objects[0].key, "d");
  EXPECT_EQ(page->objects[0].metadata.at("colour"), "blue");
  EXPECT_TRUE(is_directory(page->objects[0].metadata));
}

/// Writes of a file with owner, group and permissions.
class AzureAccessTest : public AzureTreeTest {
 protected:
  Result<PutResult> put(ObjectStore& store, const Conditions& conditions = {}) {
    return store.put({.key = "a", .content = {}, .metadata = metadata_, .conditions = conditions},
                     limits());
  }

  const Metadata metadata_{{"permissions", "33184"},
                           {"posix_owner", "1000"},
                           {"posix_group", "100"},
                           {std::string(kCommitKey), "mine"}};
  const Rule written_{
      .when = "x-ms-blob-type", .status = "201 Created", .headers = std::string(kMade)};
  const Rule metadata_set_{
      .when = "comp=metadata", .status = "200 OK", .headers = std::string(kMade)};
};

TEST_F(AzureAccessTest, IsKeptNatively) {
  hierarchical({written_,
                {.when = "PATCH",
                 .status = "200 OK",
                 .headers = "ETag: \"0x2\"\r\nLast-Modified: Sat, 21 Nov 2026 03:04:05 GMT\r\n"}});
  const auto made = put(*account().container("demo"));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->etag, "\"0x2\"");
  ASSERT_EQ(requests().size(), 3u);
  EXPECT_THAT(requests()[1],
              AllOf(HasSubstr("x-ms-meta-aloft_commit: mine\r\n"),
                    Not(HasSubstr("x-ms-meta-permissions")), Not(HasSubstr("x-ms-meta-posix"))));
  EXPECT_THAT(requests()[2],
              AllOf(StartsWith("PATCH /dfs/demo/a?action=setAccessControl HTTP/1.1\r\n"),
                    HasSubstr("x-ms-owner: 1000\r\n"), HasSubstr("x-ms-group: 100\r\n"),
                    HasSubstr("x-ms-permissions: 0640\r\n"), HasSubstr("If-Match: \"0x1\"\r\n")));
}

TEST_F(AzureAccessTest, StaysInTheMetadataWhereTheCredentialMayNotSetIt) {
  hierarchical(
      {written_, metadata_set_, {.when = "PATCH", .status = "403 Forbidden", .headers = ""}});
  const auto store = account().container("demo");
  ASSERT_TRUE(put(*store));
  EXPECT_THAT(requests().back(), AllOf(HasSubstr("comp=metadata"), HasSubstr("If-Match: \"0x1\""),
                                       HasSubstr("x-ms-meta-permissions: 33184\r\n"),
                                       HasSubstr("x-ms-meta-posix_owner: 1000\r\n")));
  const std::size_t asked = requests().size();
  ASSERT_TRUE(put(*store));
  ASSERT_EQ(requests().size(), asked + 1) << "it knows by now";
  EXPECT_THAT(requests().back(), HasSubstr("x-ms-meta-permissions: 33184\r\n"));
}

TEST_F(AzureAccessTest, IsStillToComeUntilTheMetadataHaveIt) {
  const Rule refused{.when = "PATCH", .status = "403 Forbidden", .headers = ""};
  hierarchical({written_, {.when = "comp=metadata", .status = "503 Busy", .headers = ""}, refused});
  const auto store = account().container("demo");
  EXPECT_EQ(put(*store).error().code, ErrorCode::throttled);
  hierarchical({written_, metadata_set_, refused});
  ASSERT_TRUE(put(*store));
  EXPECT_THAT(requests().back(),
              AllOf(HasSubstr("comp=metadata"), HasSubstr("x-ms-meta-permissions: 33184\r\n")))
      << "a repeat that the service refuses finds what was written before, without it";
}

TEST_F(AzureAccessTest, KeepsThePermissionsWhereTheServiceRefusesTheIds) {
  hierarchical({written_,
                metadata_set_,
                {.when = "x-ms-owner", .status = "400 Bad Request", .headers = ""},
                {.when = "PATCH", .status = "200 OK", .headers = std::string(kMade)}});
  ASSERT_TRUE(put(*account().container("demo")));
  const auto asked = requests();
  ASSERT_EQ(asked.size(), 5u);
  EXPECT_THAT(asked[3],
              AllOf(HasSubstr("comp=metadata"), HasSubstr("x-ms-meta-posix_owner: 1000\r\n"),
                    Not(HasSubstr("x-ms-meta-permissions"))));
  EXPECT_THAT(asked[4], AllOf(StartsWith("PATCH"), HasSubstr("x-ms-permissions: 0640\r\n"),
                              Not(HasSubstr("x-ms-owner"))));
}

TEST_F(AzureAccessTest, IsSetForAWriteWhoseAnswerWasLost) {
  hierarchical({{.when = "x-ms-blob-type",
                 .status = "409 Conflict",
                 .headers = "x-ms-error-code: BlobAlreadyExists\r\n"},
                {.when = "HEAD /demo/a ",
                 .status = "200 OK",
                 .headers = std::string(kMade) +
                            "x-ms-blob-type: BlockBlob\r\nx-ms-meta-aloft_commit: mine\r\n"},
                {.when = "PATCH", .status = "200 OK", .headers = std::string(kMade)}});
  ASSERT_TRUE(put(*account().container("demo"), {.if_none_match = "*"}));
  EXPECT_THAT(requests().back(), StartsWith("PATCH"));
}

TEST_F(AzureAccessTest, TakesNoRoomAmongTheMetadataOfACopy) {
  hierarchical(
      {{.when = "x-ms-copy-source",
        .status = "202 Accepted",
        .headers = std::string(kMade) + "x-ms-copy-id: 1\r\nx-ms-copy-status: success\r\n"},
       {.when = "PATCH", .status = "200 OK", .headers = std::string(kMade)}});
  const auto store = account().container("demo");
  const auto source = store->source_ref("b");
  ASSERT_TRUE(source);
  Metadata full = metadata_;
  full.erase(std::string(kCommitKey));
  full.emplace("notes", std::string(8 * 1024 - 5, 'x'));
  const auto copied = store->copy({.source = *source, .key = "a", .metadata = &full}, limits());
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_THAT(requests().back(),
              AllOf(StartsWith("PATCH"), HasSubstr("x-ms-permissions: 0640\r\n")));
}

TEST_F(AzureAccessTest, ShowsUnderItsUsualNames) {
  hierarchical({{.when = "HEAD /demo/a ",
                 .status = "200 OK",
                 .headers = std::string(kMade) +
                            "x-ms-blob-type: BlockBlob\r\nx-ms-owner: 1000\r\n"
                            "x-ms-group: $superuser\r\nx-ms-permissions: rw-r-----\r\n"},
                {.when = "include=metadata%2Cpermissions",
                 .status = "200 OK",
                 .headers = "",
                 .body = "<EnumerationResults><Blobs><Blob><Name>a</Name><Properties>"
                         "<Last-Modified>Sat, 21 Nov 2026 03:04:05 GMT</Last-Modified>"
                         "<Etag>0x1</Etag><Content-Length>0</Content-Length>"
                         "<BlobType>BlockBlob</BlobType><Owner>1000</Owner>"
                         "<Group>$superuser</Group><Permissions>rw-r-----</Permissions>"
                         "</Properties></Blob></Blobs></EnumerationResults>"}});
  const auto store = account().container("demo");
  const Metadata shown{{"permissions", "33184"}, {"posix_owner", "1000"}};
  EXPECT_EQ(store->head("a", limits())->metadata, shown);
  const auto page = store->list({}, limits());
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->objects.at(0).metadata, shown);
}

}  // namespace
}  // namespace aloft
