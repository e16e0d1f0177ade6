// SPDX-License-Identifier: Apache-2.0
// The checksum that goes with content.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "azure/account.h"
#include "base/guarded.h"
#include "http/fake_server.h"
#include "object/azure/azure_account.h"

namespace aloft {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

// CRC-64/NVME of "123456789" is AE8B14860A799888; its bytes in Base64, the least first.
constexpr std::string_view kContent = "123456789";
constexpr const char* kField = "x-ms-content-crc64: iJh5CoYUi64=\r\n";
constexpr std::string_view kRefusal = "500 No\r\nx-ms-error-code: FeatureNotSupported\r\n";
constexpr std::string_view kMade =
    "201 Created\r\nETag: \"0x1\"\r\nLast-Modified: Sat, 21 Nov 2026 03:04:05 GMT\r\n";

/// Answers each upload by what its head says.
class AzureUploadsTest : public testing::Test {
 protected:
  using Answers = std::function<std::string_view(const std::string& request)>;
  explicit AzureUploadsTest(Answers answers = [](const std::string&) { return kMade; })
      : answers_(std::move(answers)) {}

  Result<void> stage(std::optional<std::uint64_t> crc64 = {}) {
    return store_->stage_block({.key = "a",
                                .block_id = "1",
                                .content = std::as_bytes(std::span(kContent)),
                                .crc64 = crc64},
                               limits());
  }
  Result<PutResult> put(std::string_view content, std::optional<std::uint64_t> crc64 = {}) {
    return store_->put(
        {.key = "a", .content = std::as_bytes(std::span(content)), .metadata = {}, .crc64 = crc64},
        limits());
  }
  std::vector<std::string> requests() { return *requests_.lock(); }
  static Limits limits() { return Limits::within(std::chrono::seconds(10)); }

 private:
  const Answers answers_;
  Guarded<std::vector<std::string>> requests_;
  http::FakeServer server_{[this](http::FakeConnection& connection, int) {
    for (std::string asked; !(asked = connection.read_request()).empty();) {
      requests_.lock()->push_back(asked);
      connection.send("HTTP/1.1 " + std::string(answers_(asked)) + "Content-Length: 0\r\n\r\n");
    }
  }};
  AzureAccount account_{{.name = "lab",
                         .endpoint = {.server = server_.endpoint(), .base_path = ""},
                         .credential = azure::SharedKey{"secret"}},
                        std::make_shared<http::Client>()};
  const std::shared_ptr<ObjectStore> store_ = account_.container("demo");
};

TEST_F(AzureUploadsTest, CarryAChecksum) {
  EXPECT_TRUE(stage());
  EXPECT_TRUE(put(kContent));
  EXPECT_THAT(requests(), Each(HasSubstr(kField)));
  EXPECT_TRUE(put(""));
  EXPECT_THAT(requests().back(), Not(HasSubstr("crc64")));
}

TEST_F(AzureUploadsTest, CarryTheChecksumThatIsKnown) {
  EXPECT_TRUE(stage(1));
  EXPECT_TRUE(put(kContent, 1));
  EXPECT_THAT(requests(), Each(HasSubstr("x-ms-content-crc64: AQAAAAAAAAA=\r\n")));
}

class RefusedChecksumTest : public AzureUploadsTest {
 protected:
  RefusedChecksumTest()
      : AzureUploadsTest([](const std::string& request) {
          return request.find("crc64") != std::string::npos ? kRefusal : kMade;
        }) {}
};

TEST_F(RefusedChecksumTest, IsSentOnce) {
  EXPECT_TRUE(stage());
  EXPECT_TRUE(stage());
  EXPECT_TRUE(put(kContent));
  const auto asked = requests();
  ASSERT_EQ(asked.size(), 4u);
  EXPECT_THAT(asked[0], HasSubstr(kField));
  EXPECT_THAT(std::vector(asked.begin() + 1, asked.end()), Each(Not(HasSubstr("crc64"))));
}

class RefusedUploadTest : public AzureUploadsTest {
 protected:
  RefusedUploadTest() : AzureUploadsTest([](const std::string&) { return kRefusal; }) {}
};

TEST_F(RefusedUploadTest, SaysNothingAboutChecksums) {
  EXPECT_FALSE(stage());
  EXPECT_FALSE(stage());
  ASSERT_EQ(requests().size(), 4u);
  EXPECT_THAT(requests()[2], HasSubstr(kField));
}

class DamagedUploadTest : public AzureUploadsTest {
 protected:
  DamagedUploadTest()
      : AzureUploadsTest(
            [](const std::string&) { return "400 No\r\nx-ms-error-code: Crc64Mismatch\r\n"; }) {}
};

TEST_F(DamagedUploadTest, IsWorthAnotherAttempt) {
  const auto staged = stage();
  ASSERT_FALSE(staged);
  EXPECT_EQ(staged.error().code, ErrorCode::unavailable);
  EXPECT_THAT(staged.error().message, HasSubstr("az://lab/demo/a"));
  EXPECT_EQ(requests().size(), 1u);
}

}  // namespace
}  // namespace aloft
