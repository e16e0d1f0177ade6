// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "emulator/blob/sas.h"
#include "emulator/blob/service_fixture_fake.h"

namespace aloft::emulator::blob {
namespace {

class BatchTest : public testing::Test, protected ServiceInMemory {
 protected:
  BatchTest() {
    EXPECT_EQ(client_.request("PUT", "box?restype=container").status, 201);
    for (const char* name : {"a", "b"}) {
      EXPECT_EQ(
          client_.request("PUT", std::string("box/") + name, {{"x-ms-blob-type", "BlockBlob"}})
              .status,
          201);
    }
  }

  /// One part, signed as those of a batch are: without a version.
  std::string part(const std::string& method, const std::string& path, const std::string& id,
                   const std::string& key = "secret") {
    const std::string target = "/acc/" + path;
    const std::string date =
        format_http_date(std::chrono::floor<std::chrono::seconds>(clock_.wall_now()));
    const http::Headers headers{{"x-ms-date", date}, {"x-ms-access-tier", "Cool"}};
    const std::string signature = base64_encode(hmac_sha256(
        key, shared_key_string(http::parse_method(method), headers, parse_target(target).value())));
    std::string text = "--batch_1\r\nContent-Type: application/http\r\nContent-ID: " + id +
                       "\r\n\r\n" + method + " " + target + " HTTP/1.1\r\n";
    for (const auto& [name, value] : headers) {
      text.append(name).append(": ").append(value).append("\r\n");
    }
    return text + "Authorization: SharedKey acc:" + signature + "\r\n\r\n";
  }
  /// As above, by an account SAS that wants TLS.
  std::string part_by_sas(const std::string& method, const std::string& path) {
    std::string target =
        "/acc/" + path + "?sv=2021-12-02&ss=b&srt=o&sp=d&spr=https&se=2100-01-01T00:00:00Z";
    const std::string to_sign = account_sas_string("acc", parse_target(target).value().query);
    target += "&sig=";
    for (const char c : base64_encode(hmac_sha256("secret", to_sign))) {
      target += c == '+' ? "%2B" : c == '=' ? "%3D" : std::string(1, c);
    }
    return "--batch_1\r\nContent-Type: application/http\r\nContent-ID: 0\r\n\r\n" + method + " " +
           target + " HTTP/1.1\r\n\r\n";
  }
  FakeAnswer submit(const std::string& parts, const std::string& path = "?comp=batch") {
    return client_.request("POST", path, {{"Content-Type", "multipart/mixed; boundary=batch_1"}},
                           parts + "--batch_1--\r\n");
  }
  std::string reason(const FakeAnswer& answer) {
    return answer.code + " " + std::to_string(answer.status);
  }
};

TEST_F(BatchTest, AnswersEachPartByItself) {
  const FakeAnswer answer = submit(part("DELETE", "box/a", "0") + part("DELETE", "box/none", "1") +
                                   part("DELETE", "box/b", "2", "another key"));
  EXPECT_EQ(answer.status, 202);
  const std::size_t second = answer.body.find("Content-ID: 1\r\n");
  const std::size_t third = answer.body.find("Content-ID: 2\r\n");
  ASSERT_LT(answer.body.find("Content-ID: 0\r\n\r\nHTTP/1.1 202 Accepted\r\n"), second);
  ASSERT_LT(second, third);
  EXPECT_LT(answer.body.find("x-ms-error-code: BlobNotFound", second), third);
  EXPECT_NE(answer.body.find("x-ms-error-code: AuthenticationFailed", third), std::string::npos);
  EXPECT_EQ(client_.request("HEAD", "box/a").status, 404);
  EXPECT_EQ(client_.request("HEAD", "box/b").status, 200) << "its part had another key";
}

TEST_F(BatchTest, PartsComeAsSafelyAsTheBatch) {
  EXPECT_NE(submit(part_by_sas("DELETE", "box/a")).body.find("AuthorizationProtocolMismatch"),
            std::string::npos);
  client_.over_tls = true;
  EXPECT_NE(submit(part_by_sas("DELETE", "box/a")).body.find("HTTP/1.1 202 "), std::string::npos);
  EXPECT_EQ(client_.request("HEAD", "box/a").status, 404);
}

TEST_F(BatchTest, EveryAnswerHasTheVersionOfTheBatch) {
  const FakeAnswer answer =
      submit(part("DELETE", "box/a", "0") + part("DELETE", "box/b", "1", "another key"));
  EXPECT_EQ(answer.headers.get("x-ms-version"), "2021-12-02");
  const std::string version = "x-ms-version: ";
  int answers = 0;
  for (std::size_t at = 0; (at = answer.body.find(version, at)) != std::string::npos; ++answers) {
    at += version.size();
    EXPECT_EQ(answer.body.substr(at, answer.body.find("\r\n", at) - at), "2021-12-02");
  }
  EXPECT_EQ(answers, 2);
}

TEST_F(BatchTest, ChangesTiersOfAContainersBlobs) {
  const std::string path = "box?restype=container&comp=batch";
  EXPECT_EQ(submit(part("PUT", "box/a?comp=tier", "0"), path).status, 202);
  EXPECT_EQ(client_.request("HEAD", "box/a").headers.get("x-ms-access-tier"), "Cool");
  EXPECT_EQ(reason(submit(part("PUT", "crate/a?comp=tier", "0"), path)), "InvalidInput 400");
}

TEST_F(BatchTest, IsRefusedAsAWholeWhereItIsNone) {
  EXPECT_EQ(reason(submit("")), "InvalidInput 400");
  EXPECT_EQ(reason(submit(part("DELETE", "box/a", "0") + part("PUT", "box/b?comp=tier", "1"))),
            "AllBatchSubRequestsShouldBeSameApi 400");
  EXPECT_EQ(reason(submit(part("GET", "box/a", "0"))), "InvalidInput 400");
  EXPECT_EQ(reason(submit(part("POST", "?comp=batch", "0"))), "InvalidInput 400");
  std::string many;
  for (int i = 0; i < 257; ++i) many += part("DELETE", "box/a", std::to_string(i));
  EXPECT_EQ(reason(submit(many)), "ExceedsMaxBatchRequestCount 400");
  for (const char* text : {"--batch_1", "--batch_1\r\n", "--batch_1\r\n\r\n", "--other\r\n",
                           "--batch_1\r\nContent-Type: application/http\r\n\r\nDELETE\r\n"}) {
    EXPECT_EQ(reason(submit(text)), "InvalidInput 400") << text;
  }
  EXPECT_EQ(client_.request("POST", "?comp=batch", {{"Content-Type", "text/plain"}}).code,
            "InvalidHeaderValue");
  EXPECT_EQ(client_.request("HEAD", "box/a").status, 200);
}

}  // namespace
}  // namespace aloft::emulator::blob
