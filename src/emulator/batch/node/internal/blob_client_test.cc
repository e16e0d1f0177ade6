// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/internal/blob_client.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <thread>

#include "base/fake_clock.h"
#include "base/file.h"
#include "base/temporary_directory.h"
#include "emulator/batch/node/internal/fake_storage.h"
#include "http/fake_server.h"

namespace aloft::emulator::batch {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kPart = 1000;

class BlobClientTest : public testing::Test {
 protected:
  static constexpr auto kByUrl = BlobClient::Access::url;
  static constexpr auto kByIdentity = BlobClient::Access::identity;

  static Limits soon() { return Limits::within(20s); }
  static BlobUrl parse(const std::string& url) { return parse_blob_url(url).value(); }
  BlobUrl container(const std::string& permissions = "rwcl") {
    return parse(storage_.sas_url(permissions));
  }

  Result<std::string> download(const BlobUrl& url, BlobClient::Access access = kByUrl) {
    const std::string path = directory_.path() + "/file";
    const UniqueFd fd = TRY(open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    TRY(client_.download(url, access, fd.get(), soon()));
    return read_file(path);
  }
  Result<void> upload(const std::string& content, const BlobUrl& url,
                      const BlobClient::UploadHeaders& headers = {}) {
    const std::string path = directory_.path() + "/file";
    TRY(replace_file(path, content, 0600));
    const UniqueFd fd = TRY(open_file(path, O_RDONLY));
    return client_.upload(fd.get(), content.size(), url, kByUrl, headers, soon());
  }
  static http::Response text_response(const std::string& text) {
    http::Response response;
    response.set_body(text);
    return response;
  }

  TemporaryDirectory directory_;
  FakeStorage storage_;
  FakeClock clock_;
  std::string token_ = "good";
  BlobClient client_{{.token = [this] { return Result<std::string>(token_); },
                      .clock = &clock_,
                      .part_bytes = kPart}};
};

std::string sample(std::size_t size_bytes) {
  std::string text;
  while (text.size() < size_bytes) text += std::to_string(text.size()) + ",";
  text.resize(size_bytes);
  return text;
}

TEST_F(BlobClientTest, DownloadsBlobsOfAnySize) {
  for (const std::size_t size : {0ul, 1ul, kPart - 1, kPart, kPart + 1, 3 * kPart + 7}) {
    storage_.put("a b#c", sample(size));
    EXPECT_EQ(download(container().blob("a b#c")), sample(size)) << size;
  }
}

TEST_F(BlobClientTest, TakesAFileFromAServerWithoutRanges) {
  storage_.intercept([](http::Request&) { return text_response("whole"); });
  EXPECT_EQ(download(container().blob("x")), "whole");
}

TEST_F(BlobClientTest, DoesNotMixTwoVersions) {
  storage_.put("x", sample(2 * kPart));
  const auto asked = std::make_shared<std::atomic<int>>(0);
  storage_.intercept([this, asked](http::Request&) -> std::optional<http::Response> {
    if (++*asked == 2) storage_.put("x", std::string(2 * kPart, '!'));
    return std::nullopt;
  });
  EXPECT_EQ(download(container().blob("x")).error().code, ErrorCode::precondition_failed);
}

TEST_F(BlobClientTest, NamesTheFullDisk) {
  storage_.put("x", "content");
  const UniqueFd full = std::move(open_file("/dev/full", O_WRONLY)).value();
  const auto done = client_.download(container().blob("x"), kByUrl, full.get(), soon());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::no_space);
  EXPECT_EQ(done.error().os_errno, ENOSPC);
}

TEST_F(BlobClientTest, TriesAgainAfterPassingFaults) {
  storage_.put("x", "content");
  storage_.refuse(4, 503);
  EXPECT_EQ(download(container().blob("x")), "content");
  storage_.refuse(4, 500);
  EXPECT_TRUE(upload("new", container().blob("x")));
  EXPECT_EQ(storage_.get("x").body, "new");
  EXPECT_EQ(clock_.slept(), 2 * (100ms + 200ms + 400ms + 800ms));
}

TEST_F(BlobClientTest, GivesUpAfterAWhileAndShowsNoSecret) {
  storage_.refuse(100, 503);
  const int before = storage_.requests();
  const auto content = download(container().blob("x"));
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ErrorCode::unavailable);
  EXPECT_EQ(storage_.requests() - before, 5);
  EXPECT_THAT(content.error().message, HasSubstr(storage_.url("box/x")));
  EXPECT_THAT(content.error().message, Not(HasSubstr("sig=")));
}

TEST_F(BlobClientTest, ShowsNoSecretOfAServerThatIsNotThere) {
  const auto content = download(parse("http://127.0.0.1:1/acc/x?sv=1&sig=secret"));
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ErrorCode::unavailable);
  EXPECT_THAT(content.error().message, Not(HasSubstr("secret")));
}

TEST_F(BlobClientTest, SaysWhatStorageRefuses) {
  const auto code_of = [&](const BlobUrl& url) { return download(url).error().code; };
  EXPECT_EQ(code_of(container().blob("none")), ErrorCode::not_found);
  EXPECT_EQ(code_of(container("w").blob("x")), ErrorCode::permission_denied);
  EXPECT_EQ(upload("x", container("r").blob("x")).error().code, ErrorCode::permission_denied);
  EXPECT_EQ(upload("x", parse(storage_.sas_url("rwcl", "absent")).blob("x")).error().code,
            ErrorCode::not_found);
  storage_.intercept([](http::Request&) {
    http::Response response;
    response.status = 409;
    response.headers.add("x-ms-error-code", "PublicAccessNotPermitted");
    return response;
  });
  EXPECT_EQ(code_of(container().blob("x")), ErrorCode::permission_denied);
}

TEST_F(BlobClientTest, ShowsItsTokenOnlyWhereItIsSafe) {
  storage_.put("x", "content");
  storage_.intercept(tokens_of(storage_));
  EXPECT_EQ(download(parse(storage_.url()).blob("x"), kByIdentity), "content");
  token_ = "bad";
  const auto refused = download(parse(storage_.url()).blob("x"), kByIdentity);
  EXPECT_EQ(refused.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(refused.error().message, Not(HasSubstr("bad")));
  for (const char* url : {"http://storage.invalid/box/x", "http://127.storage.invalid/box/x"}) {
    EXPECT_EQ(download(parse(url), kByIdentity).error().code, ErrorCode::permission_denied) << url;
  }
  BlobClient without_identity({.clock = &clock_});
  EXPECT_EQ(without_identity.list(container(), "", kByIdentity, soon()).error().code,
            ErrorCode::permission_denied);
}

TEST_F(BlobClientTest, ListsAContainerByPrefix) {
  storage_.put("in/a", "1");
  storage_.put("in/b&<c>", "2");
  storage_.put("in/sub", "", {{"x-ms-meta-hdi_isfolder", "true"}});
  storage_.put("out/d", "3");
  const auto blobs = client_.list(container(), "in/", kByUrl, soon()).value();
  ASSERT_EQ(blobs.size(), 3u);
  EXPECT_EQ(blobs[0].name, "in/a");
  EXPECT_EQ(blobs[1].name, "in/b&<c>");
  EXPECT_EQ(blobs[2].name, "in/sub");
  EXPECT_FALSE(blobs[1].is_directory);
  EXPECT_TRUE(blobs[2].is_directory);
  EXPECT_EQ(client_.list(container("r"), "", kByUrl, soon()).error().code,
            ErrorCode::permission_denied);
}

TEST_F(BlobClientTest, FollowsTheMarkersOfAList) {
  storage_.intercept([](http::Request& request) {
    const bool is_second = request.target.find("&marker=a%2Fb%26") != std::string::npos;
    return text_response(is_second
                             ? "<EnumerationResults><Blobs><Blob><Name>y/</Name></Blob></Blobs>"
                               "<NextMarker/></EnumerationResults>"
                             : "<EnumerationResults><Blobs><Blob><Name>x</Name></Blob></Blobs>"
                               "<NextMarker>a/b&amp;</NextMarker></EnumerationResults>");
  });
  const auto blobs = client_.list(container(), "", kByUrl, soon()).value();
  ASSERT_EQ(blobs.size(), 2u);
  EXPECT_EQ(blobs[1].name, "y");
  EXPECT_TRUE(blobs[1].is_directory);
}

TEST_F(BlobClientTest, RefusesListsThatItDoesNotUnderstand) {
  storage_.intercept([](http::Request&) { return text_response("<Enumeration"); });
  EXPECT_EQ(client_.list(container(), "", kByUrl, soon()).error().code, ErrorCode::corrupt);
  storage_.intercept([](http::Request&) {
    return text_response(
        "<EnumerationResults><Blobs><Blob><Name Encoded=\"true\">%01</Name>"
        "</Blob></Blobs></EnumerationResults>");
  });
  EXPECT_EQ(client_.list(container(), "", kByUrl, soon()).error().code, ErrorCode::unsupported);
}

TEST_F(BlobClientTest, UploadsFilesOfAnySize) {
  for (const std::size_t size : {0ul, 1ul, kPart, kPart + 1, 3 * kPart + 7}) {
    ASSERT_TRUE(upload(sample(size), container().blob("d/e f"))) << size;
    EXPECT_EQ(storage_.get("d/e f").body, sample(size));
  }
}

TEST_F(BlobClientTest, GivesBlobsTheHeadersThatWereAsked) {
  for (const std::size_t size : {kPart, kPart + 1}) {
    ASSERT_TRUE(upload(sample(size), container().blob("x"),
                       {{"content-type", "text/csv"}, {"x-ms-meta-by", "test"}}));
    const auto answer = storage_.get("x");
    EXPECT_EQ(answer.headers.get("Content-Type"), "text/csv") << size;
    EXPECT_EQ(answer.headers.get("x-ms-meta-by"), "test") << size;
  }
  const auto done = upload("x", container().blob("x"), {{"a\r\nb", "c"}});
  EXPECT_EQ(done.error().code, ErrorCode::invalid_argument);
}

TEST_F(BlobClientTest, EndsWhenItIsStopped) {
  std::stop_source stop;
  http::FakeServer silent([&](http::FakeConnection& connection, int) {
    connection.read_request();
    stop.request_stop();
    connection.wait_for_end();
  });
  const BlobUrl url{.endpoint = silent.endpoint(), .path = "/x"};
  const UniqueFd null = std::move(open_file("/dev/null", O_WRONLY)).value();
  const auto done = client_.download(url, kByUrl, null.get(), {.stop = stop.get_token()});
  EXPECT_EQ(done.error().code, ErrorCode::cancelled);
}

TEST(BlobUrl, KeepsWhatItsAuthorEncoded) {
  const BlobUrl url =
      parse_blob_url("https://a.blob.core.windows.net/box%20?sv=1&sig=a%2Bb").value();
  EXPECT_EQ(url.blob("d/e f%").target("comp=block"),
            "/box%20/d/e%20f%25?sv=1&sig=a%2Bb&comp=block");
  EXPECT_EQ(url.shown(), "https://a.blob.core.windows.net/box%20");
  EXPECT_EQ(parse_blob_url("http://h").value().target(), "/");
  EXPECT_EQ(parse_blob_url("http://h/box/").value().target(), "/box");
}

TEST(BlobUrl, IsRefusedWithoutBeingRepeated) {
  for (const char* text : {"ftp://h/x?sig=secret", "box?sig=secret", "", "http://u:secret@h/"}) {
    const auto url = parse_blob_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error().message, Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace aloft::emulator::batch
