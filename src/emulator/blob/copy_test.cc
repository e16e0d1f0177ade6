// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "emulator/blob/service_fixture_fake.h"
#include "emulator/wire/copy_pending.h"

namespace aloft::emulator::blob {
namespace {

class CopyTest : public testing::Test, protected ServiceInMemory {
 protected:
  CopyTest() {
    EXPECT_EQ(client_.request("PUT", "box?restype=container").status, 201);
    EXPECT_EQ(client_.request("PUT", "box/a", {{"x-ms-blob-type", "BlockBlob"}}, "content").status,
              201);
  }
  FakeAnswer copy(const std::string& to, const std::string& from = "box/a") {
    return client_.request(
        "PUT", to,
        {{"x-ms-copy-source", "http://127.0.0.1:10000/acc/" + from},
         {pending_ms_.empty() ? std::string_view("x-none") : kCopyPendingField, pending_ms_}});
  }
  std::string pending_ms_;  ///< For copy(), if it is to be pending.
  std::string head(const std::string& path, const char* field) {
    return std::string(client_.request("HEAD", path).headers.get(field));
  }
};

TEST_F(CopyTest, IsKnownByItsIdUntilItsPropertiesAreSet) {
  ASSERT_EQ(copy("box/b").status, 202);
  EXPECT_EQ(client_.request("PUT", "box/b?comp=metadata").status, 200);
  EXPECT_EQ(head("box/b", "x-ms-copy-status"), "success");
  EXPECT_EQ(client_.request("PUT", "box/b?comp=properties").status, 200);
  EXPECT_EQ(head("box/b", "x-ms-copy-status"), "");
  EXPECT_EQ(head("box/b", "x-ms-copy-id"), "");
}

TEST_F(CopyTest, TakesAnArchivedBlobToAnOnlineTier) {
  const auto set_tier = [&](const char* tier) {
    return client_.request("PUT", "box/a?comp=tier", {{"x-ms-access-tier", tier}}).status;
  };
  ASSERT_EQ(set_tier("Archive"), 200);
  const auto copy_to = [&](const char* tier, const char* sync = "false") {
    return client_.request("PUT", "box/b",
                           {{"x-ms-copy-source", "http://127.0.0.1:10000/acc/box/a"},
                            {"x-ms-access-tier", tier},
                            {"x-ms-requires-sync", sync},
                            {"x-ms-rehydrate-priority", "High"}});
  };
  EXPECT_EQ(copy_to("Archive").code, "BlobArchived");
  EXPECT_EQ(copy("box/b").code, "BlobArchived") << "no tier is asked for";
  ASSERT_EQ(copy_to("Cool").status, 202);
  EXPECT_EQ(head("box/b", "x-ms-access-tier"), "Archive");
  EXPECT_EQ(head("box/b", "x-ms-archive-status"), "rehydrate-pending-to-cool");
  EXPECT_EQ(head("box/b", "x-ms-rehydrate-priority"), "High");
  EXPECT_EQ(client_.request("GET", "box/b").code, "BlobArchived");
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(client_.request("GET", "box/b").body, "content");
  EXPECT_EQ(head("box/b", "x-ms-access-tier"), "Cool");
  EXPECT_EQ(head("box/a", "x-ms-access-tier"), "Archive");
}

TEST_F(CopyTest, IsPendingWhereAFaultAsksForTime) {
  pending_ms_ = "10000";
  const FakeAnswer begun = copy("box/b");
  EXPECT_EQ(begun.headers.get("x-ms-copy-status"), "pending");
  EXPECT_EQ(head("box/b", "ETag"), begun.headers.get("ETag"));
  EXPECT_EQ(client_.request("GET", "box/b").body, "");
  EXPECT_EQ(head("box/b", "x-ms-copy-progress"), "0/7");
  EXPECT_EQ(head("box/b", "x-ms-copy-completion-time"), "");
  clock_.advance(std::chrono::seconds(5));
  EXPECT_EQ(head("box/b", "x-ms-copy-progress"), "3/7");
  EXPECT_NE(client_.request("GET", "box?restype=container&comp=list&include=copy")
                .body.find("<CopyProgress>3/7</CopyProgress>"),
            std::string::npos);
  EXPECT_EQ(client_.request("DELETE", "box/a").status, 202) << "its content is kept for the copy";
  clock_.advance(std::chrono::seconds(5));
  EXPECT_EQ(head("box/b", "x-ms-copy-status"), "success");
  EXPECT_EQ(head("box/b", "x-ms-copy-progress"), "7/7");
  EXPECT_NE(head("box/b", "ETag"), begun.headers.get("ETag"));
  EXPECT_EQ(client_.request("GET", "box/b").body, "content");
}

TEST_F(CopyTest, ThatIsPendingKeepsOthersAway) {
  pending_ms_ = "10000";
  ASSERT_EQ(copy("box/b").status, 202);
  const auto code = [&](const char* method, const std::string& query, const char* field = "x-none",
                        const char* value = "") {
    return client_.request(method, "box/b" + query, {{field, value}}).code;
  };
  EXPECT_EQ(code("PUT", "", "x-ms-blob-type", "BlockBlob"), "PendingCopyOperation");
  EXPECT_EQ(copy("box/b").code, "PendingCopyOperation");
  EXPECT_EQ(copy("box/c", "box/b").code, "PendingCopyOperation");
  EXPECT_EQ(code("PUT", "?comp=metadata"), "PendingCopyOperation");
  EXPECT_EQ(code("PUT", "?comp=properties"), "PendingCopyOperation");
  EXPECT_EQ(code("PUT", "?comp=snapshot"), "PendingCopyOperation");
  EXPECT_EQ(code("PUT", "?comp=tier", "x-ms-access-tier", "Cool"), "PendingCopyOperation");
  EXPECT_EQ(code("DELETE", ""), "PendingCopyOperation");
}

TEST_F(CopyTest, ThatIsPendingCanBeAborted) {
  pending_ms_ = "10000";
  const std::string id(copy("box/b").headers.get("x-ms-copy-id"));
  const auto abort_copy = [&](const std::string& one) {
    return client_.request("PUT", "box/b?comp=copy&copyid=" + one, {{"x-ms-copy-action", "abort"}});
  };
  EXPECT_EQ(abort_copy("another").code, "CopyIdMismatch");
  EXPECT_EQ(abort_copy(id).status, 204);
  EXPECT_EQ(abort_copy(id).code, "NoPendingCopyOperation");
  clock_.advance(std::chrono::seconds(20));
  EXPECT_EQ(head("box/b", "x-ms-copy-status"), "aborted");
  EXPECT_EQ(head("box/b", "x-ms-copy-progress"), "0/7");
  EXPECT_EQ(client_.request("GET", "box/b").body, "");
  EXPECT_EQ(client_.request("DELETE", "box/b").status, 202);
}

TEST_F(CopyTest, TakesATokenForItsSourceWhereItIsSynchronous) {
  const std::string good = "Bearer " + tokens_.issue("https://storage.azure.com").text;
  const auto code_of = [&](const std::string& permissions, const char* synchronous,
                           const std::string& token) {
    http::Headers headers{{"x-ms-copy-source", "http://127.0.0.1:10000/acc/box/a"},
                          {"x-ms-copy-source-authorization", token},
                          {"x-ms-requires-sync", synchronous}};
    if (permissions.empty()) return client_.request("PUT", "box/b", headers).code;
    headers.add("Host", "127.0.0.1:10000");
    return client_.request_by_sas("PUT", "box/b?timeout=9", permissions, "2021-12-02", headers)
        .code;
  };
  EXPECT_EQ(code_of("w", "true", good), "");
  EXPECT_EQ(code_of("w", "false", good), "CannotVerifyCopySource");
  EXPECT_EQ(code_of("", "true", "Bearer none"), "CannotVerifyCopySource");
  EXPECT_EQ(code_of("", "false", "Bearer none"), "") << "the request's own authority counts";
}

TEST_F(CopyTest, IsNotPendingWhereItIsSynchronous) {
  client_.request("PUT", "box?restype=container&comp=acl", {{"x-ms-blob-public-access", "blob"}});
  EXPECT_EQ(client_
                .request("PUT", "box/b",
                         {{"x-ms-copy-source", "http://127.0.0.1:10000/acc/box/a"},
                          {"x-ms-requires-sync", "true"},
                          {kCopyPendingField, "10000"}})
                .headers.get("x-ms-copy-status"),
            "success");
}

TEST_F(CopyTest, OfPagesIsKnownUntilTheirNumberIsSet) {
  EXPECT_EQ(client_
                .request("PUT", "box/p",
                         {{"x-ms-blob-type", "PageBlob"}, {"x-ms-blob-content-length", "512"}})
                .status,
            201);
  ASSERT_EQ(copy("box/q", "box/p").status, 202);
  EXPECT_EQ(head("box/q", "x-ms-copy-status"), "success");
  EXPECT_EQ(
      client_
          .request("PUT", "box/q?comp=properties", {{"x-ms-sequence-number-action", "increment"}})
          .status,
      200);
  EXPECT_EQ(head("box/q", "x-ms-copy-status"), "");
}

}  // namespace
}  // namespace aloft::emulator::blob
