// SPDX-License-Identifier: Apache-2.0
// What only a misbehaving server shows; what a good one shows is in tests/conformance.
#include "object/azure/azure_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>

#include "azure/account.h"
#include "azure/token_server_fake.h"
#include "base/byte_size.h"
#include "base/guarded.h"
#include "http/fake_server.h"
#include "object/azure/azure_account.h"

namespace aloft {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kMade =
    "ETag: \"0x1\"\r\nLast-Modified: Sat, 21 Nov 2026 03:04:05 GMT\r\n";

/// Gives each request the same answer and keeps what was asked.
class AzureStoreTest : public testing::Test {
 protected:
  Limits limits() const { return Limits::within(std::chrono::seconds(10)); }
  std::shared_ptr<ObjectStore> store(azure::Credential credential = azure::SharedKey{"secret"}) {
    AzureAccount account({.name = "lab",
                          .endpoint = {.server = server_.endpoint(), .base_path = ""},
                          .credential = std::move(credential)},
                         std::make_shared<http::Client>());
    return account.container("demo");
  }
  void answer(std::string_view status, std::string_view headers, std::string_view body = "") {
    *answer_.lock() = "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers) +
                      "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                      std::string(body);
  }
  Result<ReadResult> read() {
    return store()->read({.key = "a", .range = {10, 5}}, buffer_, limits());
  }
  std::string request() { return *request_.lock(); }
  /// Called before each answer.
  void on_request(std::function<void(const std::string& asked)> hook) {
    *on_request_.lock() = std::move(hook);
  }
  void answer_copy(std::string_view status_line, std::string_view copy_status) {
    answer(status_line, std::string(kMade) + "x-ms-blob-type: BlockBlob\r\nx-ms-copy-id: 1\r\n" +
                            "x-ms-copy-status: " + std::string(copy_status) + "\r\n");
  }
  Result<PutResult> copy(const Limits& copy_limits) {
    const SourceRef source{.url = "http://127.0.0.1/demo/a"};
    return store()->copy({.source = source, .key = "b"}, copy_limits);
  }

  Guarded<std::function<void(const std::string& asked)>> on_request_;
  Guarded<std::string> answer_;
  Guarded<std::string> request_;
  std::array<std::byte, 8> buffer_{};
  http::FakeServer server_{[this](http::FakeConnection& connection, int) {
    for (std::string asked; !(asked = connection.read_request()).empty();) {
      *request_.lock() = asked;
      if (const auto hook = *on_request_.lock()) hook(asked);
      const std::string text = *answer_.lock();
      connection.send(text);
    }
  }};
};

TEST_F(AzureStoreTest, AsksForTheRangeAndSignsTheRequest) {
  answer("206 Partial", "Content-Range: bytes 10-14/100\r\n", "hello");
  ASSERT_TRUE(read());
  EXPECT_THAT(request(), StartsWith("GET /demo/a HTTP/1.1\r\n"));
  EXPECT_THAT(request(), HasSubstr("x-ms-range: bytes=10-14\r\n"));
  EXPECT_THAT(request(), HasSubstr("x-ms-version: 2021-12-02\r\n"));
  EXPECT_THAT(request(), HasSubstr("Authorization: SharedKey lab:"));
  EXPECT_EQ(std::to_integer<char>(buffer_[0]), 'h');
}

TEST_F(AzureStoreTest, RefusesAnswersToAnotherQuestion) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"206 Partial", "Content-Range: bytes 0-4/100\r\n", "hello"},     // Another range.
      {"206 Partial", "Content-Range: bytes 10-14/100\r\n", "hell"},    // Too short.
      {"206 Partial", "Content-Range: bytes 10-13/100\r\n", "hell"},    // There is more.
      {"206 Partial", "Content-Range: bytes 10-14/100\r\n", "hello!"},  // Too long.
      {"206 Partial", "", "hello"},
      {"200 OK", "", "hello"},
      {"302 Found", "Location: http://elsewhere/\r\n", ""}};
  for (const auto& [status, headers, body] : cases) {
    answer(status, headers, body);
    const auto result = read();
    ASSERT_FALSE(result) << headers << body;
    EXPECT_EQ(result.error().code, ErrorCode::corrupt) << headers << body;
    EXPECT_THAT(result.error().message, HasSubstr("az://lab/demo/a"));
  }
}

TEST_F(AzureStoreTest, TakesAShortBodyAtTheEndOfTheObject) {
  answer("206 Partial", "Content-Range: bytes 10-11/12\r\n", "he");
  EXPECT_EQ(read()->size_bytes, 2u);
}

TEST_F(AzureStoreTest, TranslatesTheServicesErrors) {
  const std::tuple<const char*, const char*, ErrorCode> cases[] = {
      {"404 Not Found", "BlobNotFound", ErrorCode::not_found},
      {"404 Not Found", "ContainerNotFound", ErrorCode::not_found},
      {"409 Conflict", "BlobAlreadyExists", ErrorCode::already_exists},
      {"412 Precondition", "ConditionNotMet", ErrorCode::precondition_failed},
      {"403 Forbidden", "AuthenticationFailed", ErrorCode::permission_denied},
      {"503 Busy", "ServerBusy", ErrorCode::throttled},
      {"500 Oops", "OperationTimedOut", ErrorCode::unavailable},
      {"409 Conflict", "BlobArchived", ErrorCode::unsupported},
      {"403 Forbidden", "CannotVerifyCopySource", ErrorCode::permission_denied},
      {"404 Not Found", "CannotVerifyCopySource", ErrorCode::not_found},
      {"409 Conflict", "CannotVerifyCopySource", ErrorCode::permission_denied},
      {"503 Busy", "CannotVerifyCopySource", ErrorCode::throttled},
      {"400 Bad", "SomethingNew", ErrorCode::invalid_argument},
      {"502 Bad Gateway", "", ErrorCode::unavailable},
      {"429 Slow", "", ErrorCode::throttled}};
  for (const auto& [status, code, expected] : cases) {
    const std::string header =
        *code == '\0' ? "" : "x-ms-error-code: " + std::string(code) + "\r\n";
    answer(status, header + "x-ms-request-id: id-7\r\nRetry-After: 3\r\n", "<html>");
    const auto result = read();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, expected) << status << code;
    EXPECT_EQ(result.error().request_id, "id-7");
    EXPECT_EQ(result.error().retry_after, std::chrono::seconds(3));
    EXPECT_THAT(result.error().message, HasSubstr(code));
  }
}

TEST_F(AzureStoreTest, FindsTheErrorCodeInTheBody) {
  answer("403 Forbidden", "",
         "<?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code>"
         "<Message>The MAC signature 'secret things'</Message></Error>");
  const auto result = read();
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("AuthenticationFailed"));
  EXPECT_THAT(result.error().message, Not(HasSubstr("secret things")));
}

TEST_F(AzureStoreTest, WantsEtagAndDateOfWhatItWrote) {
  const Metadata none;
  const PutRequest request{.key = "a", .content = {}, .metadata = none};
  answer("201 Created", "ETag: \"0x1\"\r\n");
  EXPECT_EQ(store()->put(request, limits()).error().code, ErrorCode::corrupt);
  answer("201 Created", kMade);
  EXPECT_EQ(store()->put(request, limits())->etag, "\"0x1\"");
}

TEST_F(AzureStoreTest, GetsAnotherTokenOnceWhenOneIsRefused) {
  azure::FakeTokenServer identity;
  const auto opened =
      store(azure::Identities{{azure::ManagedIdentity{.authority = identity.authority()}}});
  answer("401 Unauthorized", "x-ms-error-code: InvalidAuthenticationInfo\r\n");
  const auto refused = opened->head("a", limits());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(request(), HasSubstr("Authorization: Bearer token2\r\n"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("token2")));
  EXPECT_EQ(identity.requests(), 2) << "not once more";
}

TEST_F(AzureStoreTest, SaysThatThereIsNoToken) {
  azure::FakeTokenServer identity;
  identity.answer("400 Bad", R"({"error_description":"Identity not found"})");
  const auto opened =
      store(azure::Identities{{azure::ManagedIdentity{.authority = identity.authority()}}});
  const auto unauthorized = opened->head("a", limits());
  ASSERT_FALSE(unauthorized);
  EXPECT_EQ(unauthorized.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(unauthorized.error().message,
              AllOf(HasSubstr("az://lab/demo/a"), HasSubstr("Identity not found")));
  EXPECT_EQ(request(), "");
}

TEST_F(AzureStoreTest, LendsItsTokenToACopyThatReadsFromIt) {
  azure::FakeTokenServer identity;
  const auto opened =
      store(azure::Identities{{azure::ManagedIdentity{.authority = identity.authority()}}});
  const auto source = opened->source_ref("a");
  ASSERT_TRUE(source);
  EXPECT_EQ(source->authorization, "Bearer token1");
  EXPECT_THAT(source->url, Not(HasSubstr("token1")));
}

TEST_F(AzureStoreTest, SendsASasAndNeverShowsIt) {
  answer("403 Forbidden", "");
  const auto result = store(azure::SasToken{"sv=1&sig=secret"})->head("a b", limits());
  ASSERT_FALSE(result);
  EXPECT_THAT(request(), StartsWith("HEAD /demo/a%20b?sv=1&sig=secret HTTP/1.1\r\n"));
  EXPECT_THAT(result.error().message, Not(HasSubstr("secret")));
}

TEST_F(AzureStoreTest, RefusesAListingThatIsNone) {
  answer("200 OK", "", "<EnumerationResults><Blobs>");
  EXPECT_EQ(store()->list({}, limits()).error().code, ErrorCode::corrupt);
}

TEST_F(AzureStoreTest, RefusesACopyThatDoesNotSayHowItStands) {
  answer("202 Accepted", kMade);
  EXPECT_EQ(copy(limits()).error().code, ErrorCode::corrupt);
}

TEST_F(AzureStoreTest, AsksUntilACopyIsComplete) {
  answer_copy("202 Accepted", "pending");
  on_request([this](const std::string& asked) {
    if (asked.starts_with("HEAD")) answer_copy("200 OK", "success");
  });
  const auto copied = copy(limits());
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(copied->etag, "\"0x1\"");
}

TEST_F(AzureStoreTest, AsksOnWhenItCannotBeToldHowACopyStands) {
  answer_copy("202 Accepted", "pending");
  std::atomic<int> puts = 0;
  std::atomic<int> heads = 0;
  on_request([&](const std::string& asked) {
    if (asked.starts_with("PUT")) ++puts;
    if (!asked.starts_with("HEAD")) return;
    ++heads;
    if (heads <= 2) answer("503 Busy", "x-ms-error-code: ServerBusy\r\n");
    if (heads == 3) answer_copy("200 OK", "success");
  });
  const auto copied = copy(limits());
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(heads, 3);
  EXPECT_EQ(puts, 1);
}

TEST_F(AzureStoreTest, StopsAskingAboutACopyAtTheDeadlineWhateverTheServiceAsksFor) {
  answer_copy("202 Accepted", "pending");
  std::atomic<bool> aborted = false;
  on_request([&](const std::string& asked) {
    if (asked.find("comp=copy&copyid=1") != std::string::npos) aborted = true;
    if (asked.starts_with("HEAD")) answer("503 Busy", "Retry-After: 600\r\n");
  });
  EXPECT_EQ(copy(Limits::within(std::chrono::milliseconds(300))).error().code,
            ErrorCode::deadline_exceeded);
  EXPECT_TRUE(aborted);
}

TEST_F(AzureStoreTest, RemovesWhatACopyLeavesThatTheServiceGaveUp) {
  answer_copy("202 Accepted", "pending");
  on_request([this](const std::string& asked) {
    if (asked.starts_with("HEAD")) answer_copy("200 OK", "failed");
  });
  EXPECT_EQ(copy(limits()).error().code, ErrorCode::corrupt);
  EXPECT_THAT(request(), AllOf(StartsWith("DELETE /demo/b "), HasSubstr("If-Match: \"0x1\"\r\n"),
                               Not(HasSubstr("x-ms-delete-snapshots"))));
}

// The service's answer to a repeat, behind a lost answer to the first attempt.
TEST_F(AzureStoreTest, WaitsForTheCopyOfAnEarlierAttempt) {
  answer("409 Conflict", "x-ms-error-code: BlobAlreadyExists\r\n");
  const Metadata metadata{{"aloft_commit", "mine"}};
  const SourceRef source{.url = "http://127.0.0.1/demo/a"};
  const CopyRequest repeat{
      .source = source, .key = "b", .metadata = &metadata, .conditions = {.if_none_match = "*"}};
  const std::string whose = std::string(kMade) + "x-ms-copy-id: 1\r\nx-ms-meta-aloft_commit: ";
  std::atomic<int> heads = 0;
  for (const bool succeeds : {true, false}) {
    heads = 0;
    answer("409 Conflict", "x-ms-error-code: BlobAlreadyExists\r\n");
    on_request([this, whose, &heads, succeeds](const std::string& asked) {
      if (!asked.starts_with("HEAD")) return;
      const std::string end = succeeds ? "success" : "failed";
      answer("200 OK",
             whose + "mine\r\nx-ms-copy-status: " + (++heads < 3 ? "pending" : end) + "\r\n");
    });
    const auto copied = store()->copy(repeat, limits());
    EXPECT_EQ(copied.has_value(), succeeds);
    if (!copied) {
      EXPECT_EQ(copied.error().code, ErrorCode::corrupt) << "which is not repeated";
    }
  }
  EXPECT_THAT(request(), StartsWith("DELETE /demo/b "));
  answer("409 Conflict", "x-ms-error-code: BlobAlreadyExists\r\n");
  on_request([this, whose](const std::string& asked) {
    if (asked.starts_with("HEAD"))
      answer("200 OK", whose + "theirs\r\nx-ms-copy-status: failed\r\n");
  });
  EXPECT_EQ(store()->copy(repeat, limits()).error().code, ErrorCode::already_exists);
  EXPECT_THAT(request(), StartsWith("HEAD /demo/b "));
}

TEST_F(AzureStoreTest, CopiesAtOnceWhereATokenIsForAnotherAccount) {
  answer_copy("202 Accepted", "success");
  const SourceRef other{.url = "https://other.example/demo/a", .authorization = "Bearer token"};
  ASSERT_TRUE(store()->copy({.source = other, .key = "b", .size_bytes = 1}, limits()));
  EXPECT_THAT(request(), AllOf(HasSubstr("x-ms-requires-sync: true\r\n"),
                               HasSubstr("x-ms-copy-source-authorization: Bearer token\r\n")));
  const auto large = store()->copy({.source = other, .key = "b", .size_bytes = 257_MiB}, limits());
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::unsupported);
}

TEST_F(AzureStoreTest, ShowsNoTokenForWhatItsOwnAccountHas) {
  answer_copy("202 Accepted", "success");
  SourceRef own = store()->source_ref("a").value();
  own.authorization = "Bearer token";
  ASSERT_TRUE(store()->copy({.source = own, .key = "b", .size_bytes = 257_MiB}, limits()));
  EXPECT_THAT(request(), AllOf(Not(HasSubstr("x-ms-requires-sync")),
                               Not(HasSubstr("x-ms-copy-source-authorization"))));
}

TEST_F(AzureStoreTest, AbortsAnInterruptedCopyAndRemovesWhatItLeaves) {
  answer_copy("202 Accepted", "pending");
  std::stop_source stop;
  std::atomic<bool> aborted = false;
  on_request([&](const std::string& asked) {
    if (asked.starts_with("HEAD")) stop.request_stop();
    if (asked.find("comp=copy&copyid=1") == std::string::npos) return;
    aborted = true;
    answer_copy("200 OK", "aborted");
  });
  EXPECT_EQ(copy({.stop = stop.get_token()}).error().code, ErrorCode::cancelled);
  EXPECT_TRUE(aborted);
  EXPECT_THAT(request(), StartsWith("DELETE /demo/b "));
}

TEST_F(AzureStoreTest, LeavesADestinationThatSomebodyElseWroteDuringACopy) {
  answer_copy("202 Accepted", "pending");
  on_request([this](const std::string& asked) {
    if (!asked.starts_with("HEAD")) return;
    answer("200 OK", std::string(kMade) + "x-ms-copy-id: 2\r\nx-ms-copy-status: failed\r\n");
  });
  EXPECT_EQ(copy(limits()).error().code, ErrorCode::precondition_failed);
  EXPECT_THAT(request(), StartsWith("HEAD /demo/b "));
}

}  // namespace
}  // namespace aloft
