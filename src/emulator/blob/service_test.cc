// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/service.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "emulator/blob/service_fixture_fake.h"

namespace aloft::emulator::blob {
namespace {

class ServiceTest : public testing::Test, protected ServiceInMemory {
 protected:
  ServiceTest() { EXPECT_EQ(client_.request("PUT", "box?restype=container").status, 201); }
  FakeAnswer put(const std::string& path, const std::string& content) {
    return client_.request("PUT", path, {{"x-ms-blob-type", "BlockBlob"}}, content);
  }
};

TEST_F(ServiceTest, ASourceOfBlocksNeedsASasOrAToken) {
  put("box/source", "content");
  const auto stage = [&](const std::string& authorization) {
    return client_.request("PUT", "box/a?comp=block&blockid=QUFB",
                           {{"x-ms-copy-source", "http://127.0.0.1:10000/acc/box/source"},
                            {"x-ms-copy-source-authorization", authorization}});
  };
  EXPECT_EQ(stage("Bearer " + tokens_.issue("https://storage.azure.com/").text).status, 201);
  const FakeAnswer refused = stage("Bearer token");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.code, "CannotVerifyCopySource");
  EXPECT_EQ(stage("SharedKey acc:x").code, "CannotVerifyCopySource");
}

TEST_F(ServiceTest, ASourceIsReadByTheProtocolThatIsSpokenHere) {
  put("box/source", "content");
  const auto copy_from = [&](const std::string& scheme) {
    return client_
        .request("PUT", "box/copy",
                 {{"x-ms-copy-source", scheme + "://127.0.0.1:10000/acc/box/source"}})
        .code;
  };
  EXPECT_EQ(copy_from("http"), "");
  EXPECT_EQ(copy_from("https"), "CannotVerifyCopySource");
  client_.over_tls = true;
  EXPECT_EQ(copy_from("https"), "");
  EXPECT_EQ(copy_from("http"), "CannotVerifyCopySource");
  EXPECT_EQ(copy_from("ftp"), "InvalidHeaderValue");
}

TEST_F(ServiceTest, ListsNameTheEndpointAsItIsReached) {
  EXPECT_NE(client_.request("GET", "?comp=list").body.find("\"http://127.0.0.1:10000/acc/\""),
            std::string::npos);
  client_.over_tls = true;
  EXPECT_NE(client_.request("GET", "?comp=list").body.find("\"https://127.0.0.1:10000/acc/\""),
            std::string::npos);
}

TEST_F(ServiceTest, AListSaysWhichContainersAreOpen) {
  const auto list = [&] { return client_.request("GET", "?comp=list").body; };
  EXPECT_EQ(list().find("<PublicAccess>"), std::string::npos);
  client_.request("PUT", "box?restype=container&comp=acl", {{"x-ms-blob-public-access", "blob"}});
  EXPECT_NE(list().find("<PublicAccess>blob</PublicAccess>"), std::string::npos);
}

TEST_F(ServiceTest, ListsAreDocumentsWhateverHeadersAndParametersHold) {
  client_.request("PUT", "box/a",
                  {{"x-ms-blob-type", "BlockBlob"}, {"x-ms-blob-content-disposition", "caf\xe9"}});
  const std::string list = "box?restype=container&comp=list";
  EXPECT_NE(client_.request("GET", list).body.find(">caf\xef\xbf\xbd<"), std::string::npos);
  EXPECT_EQ(client_.request("HEAD", "box/a").headers.get("Content-Disposition"), "caf\xe9");
  for (const char* parameter : {"&prefix=%FF", "&delimiter=%FF", "&prefix=%01"}) {
    const std::string body = client_.request("GET", list + parameter).body;
    EXPECT_NE(body.find(">\xef\xbf\xbd<"), std::string::npos) << parameter;
  }
}

TEST_F(ServiceTest, EveryAnswerSaysWhichRequestItIs) {
  const FakeAnswer answer =
      client_.request("GET", "box/absent", {{"x-ms-client-request-id", "mine"}});
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.code, "BlobNotFound");
  EXPECT_EQ(answer.headers.get("x-ms-client-request-id"), "mine");
  EXPECT_EQ(answer.headers.get("x-ms-version"), "2021-12-02");
  const std::string id(answer.headers.get("x-ms-request-id"));
  EXPECT_EQ(id.size(), 36u);
  EXPECT_NE(answer.body.find("<Code>BlobNotFound</Code>"), std::string::npos);
  EXPECT_NE(answer.body.find("RequestId:" + id), std::string::npos);
}

TEST_F(ServiceTest, WhatItDoesNotKnowIsRefusedNotIgnored) {
  EXPECT_EQ(client_.request("POST", "box/a").code, "APINotImplemented");
  EXPECT_EQ(client_.request("GET", "box/a?snapshot=2026-01-01").code, "InvalidQueryParameterValue");
  EXPECT_EQ(
      client_.request("PUT", "box/a?comp=metadata&snapshot=2026-01-01T00:00:00.0000000Z").code,
      "InvalidQueryParameterValue");
  EXPECT_EQ(client_.request("DELETE", "box/a?deletetype=permanent").code, "APINotImplemented");
  EXPECT_EQ(client_.request("PUT", "box/a", {{"x-ms-blob-type", "TapeBlob"}}).code,
            "InvalidHeaderValue");
  EXPECT_EQ(client_.request("PUT", "box/a").code, "MissingRequiredHeader");
  EXPECT_EQ(client_.request("GET", "box/%zz").code, "InvalidUri");
  EXPECT_EQ(client_.request("PUT", "Box?restype=container").code, "InvalidResourceName");
}

TEST_F(ServiceTest, OnlyContentThatIsToBeNewSaysThatThereIsSome) {
  put("box/a", "content");
  const auto code = [&](const char* method, const char* path) {
    return client_.request(method, path, {{"x-ms-blob-type", "BlockBlob"}, {"If-None-Match", "*"}})
        .code;
  };
  EXPECT_EQ(code("PUT", "box/a"), "BlobAlreadyExists");
  EXPECT_EQ(code("PUT", "box/a?comp=metadata"), "ConditionNotMet");
  EXPECT_EQ(code("PUT", "box/a?comp=properties"), "ConditionNotMet");
  EXPECT_EQ(code("PUT", "box/a?comp=snapshot"), "ConditionNotMet");
  EXPECT_EQ(code("DELETE", "box/a"), "ConditionNotMet");
}

TEST_F(ServiceTest, NeedsAVersionThatExists) {
  FakeBody body("");
  http::Request request{.body = body};
  request.method = http::Method::get;
  request.target = "/acc/box/a";
  request.headers = {{"x-ms-version", "2030-01-01"}};
  EXPECT_EQ(service_.handle(request).headers.get("x-ms-error-code"), "InvalidHeaderValue");
  request.headers = {{"Authorization", "SharedKey acc:abc"}};
  EXPECT_EQ(service_.handle(request).headers.get("x-ms-error-code"), "MissingRequiredHeader");
  request.target = "/other/box/a";
  EXPECT_EQ(service_.handle(request).headers.get("x-ms-error-code"), "ResourceNotFound");
}

TEST_F(ServiceTest, ABodyThatBreaksOffIsTheClientsMistake) {
  client_.broken = Error{.code = ErrorCode::corrupt, .message = "the connection ended"};
  EXPECT_EQ(put("box/a", "some").code, "InvalidInput");
  EXPECT_EQ(client_.request("PUT", "box/a?comp=blocklist", {}, "<BlockList>").code, "InvalidInput");
  client_.broken->code = ErrorCode::deadline_exceeded;
  EXPECT_EQ(put("box/a", "some").code, "OperationTimedOut");
}

TEST_F(ServiceTest, DamagedDataAreNotTheClientsMistake) {
  class DamagedStorage final : public MemoryStorage {
   public:
    using MemoryStorage::MemoryStorage;
    Result<bool> commit(Change) override {
      return fail(ErrorCode::corrupt, "database disk image is malformed");
    }
  };
  DamagedStorage damaged(index_);
  Repository repository(index_, damaged, clock_, {});
  Service service({.name = "acc", .key = "secret"}, repository);
  const FakeAnswer answer = FakeClient(service, clock_)
                                .request("PUT", "box/a", {{"x-ms-blob-type", "BlockBlob"}}, "some");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.code, "InternalError");
}

TEST_F(ServiceTest, EtagsNeverRepeatEvenWhereTheClockStands) {
  std::set<std::string> etags;
  for (int i = 0; i < 5; ++i) {
    etags.insert(std::string(put("box/a", "x").headers.get("ETag")));
    etags.insert(std::string(client_.request("PUT", "box/a?comp=metadata").headers.get("ETag")));
  }
  EXPECT_EQ(etags.size(), 10u);
}

TEST_F(ServiceTest, AReaderKeepsTheVersionItBegan) {
  put("box/a", std::string(5000, 'o'));
  FakeBody body("");
  const BlobLookup before = index_.find_blob("box", "a");
  put("box/a", "new");
  EXPECT_EQ(client_.request("DELETE", "box/a").status, 202);
  std::string content(5000, ' ');
  SliceReader reader(before.blob->slices(0, 5000));
  EXPECT_TRUE(reader.read(std::as_writable_bytes(std::span(content))).has_value());
  EXPECT_EQ(content, std::string(5000, 'o'));
}

TEST_F(ServiceTest, OfManyWhoCreateOneWins) {
  std::atomic<int> created{0};
  std::atomic<int> refused{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        FakeClient client(service_, clock_);
        for (int i = 0; i < 50; ++i) {
          const FakeAnswer answer = client.request(
              "PUT", "box/k" + std::to_string(i),
              {{"x-ms-blob-type", "BlockBlob"}, {"If-None-Match", "*"}}, std::to_string(t));
          if (answer.status == 201) ++created;
          if (answer.code == "BlobAlreadyExists") ++refused;
        }
      });
    }
  }
  EXPECT_EQ(created, 50);
  EXPECT_EQ(refused, 350);
}

TEST_F(ServiceTest, StagedBlocksAreForgottenAfterAWeek) {
  const auto stage = [&] {
    return client_.request("PUT", "box/a?comp=block&blockid=YQ==", {}, "x");
  };
  EXPECT_EQ(stage().status, 201);
  clock_.advance(std::chrono::days(7));
  ASSERT_TRUE(repository_.drop_expired().has_value());
  EXPECT_EQ(index_.staged_summary("box", "a").count, 1u);
  clock_.advance(std::chrono::seconds(1));
  ASSERT_TRUE(repository_.drop_expired().has_value());
  EXPECT_EQ(index_.staged_summary("box", "a").count, 0u);
}

TEST_F(ServiceTest, PutBlockAloneChangesNothingThatIsSeen) {
  put("box/a", "old");
  const std::string etag(client_.request("HEAD", "box/a").headers.get("ETag"));
  client_.request("PUT", "box/a?comp=block&blockid=YQ==", {}, "new");
  EXPECT_EQ(client_.request("GET", "box/a").body, "old");
  EXPECT_EQ(client_.request("HEAD", "box/a").headers.get("ETag"), etag);
  EXPECT_EQ(client_
                .request("PUT", "box/a?comp=blocklist", {},
                         "<BlockList><Latest>YQ==</Latest></BlockList>")
                .status,
            201);
  EXPECT_EQ(client_.request("GET", "box/a").body, "new");
}

TEST_F(ServiceTest, BlockIdsOfOneBlobHaveOneLength) {
  EXPECT_EQ(client_.request("PUT", "box/a?comp=block&blockid=YQ==", {}, "1").status, 201);
  EXPECT_EQ(client_.request("PUT", "box/a?comp=block&blockid=YWI=", {}, "2").code,
            "InvalidBlobOrBlock");
  EXPECT_EQ(client_.request("PUT", "box/a?comp=block&blockid=YQ==", {}, "").code,
            "InvalidHeaderValue");
  EXPECT_EQ(client_.request("PUT", "box/a?comp=block", {}, "x").code,
            "MissingRequiredQueryParameter");
}

TEST_F(ServiceTest, WhoMayCreateAloneCommitsBlocksOnce) {
  const std::string version = "2026-04-06";
  const auto commit = [&](const std::string& permissions) {
    const FakeAnswer staged = client_.request_by_sas("PUT", "box/a?comp=block&blockid=QUFB",
                                                     permissions, version, {}, "text");
    EXPECT_EQ(staged.status, 201);
    return client_
        .request_by_sas("PUT", "box/a?comp=blocklist", permissions, version, {},
                        "<BlockList><Latest>QUFB</Latest></BlockList>")
        .code;
  };
  EXPECT_EQ(commit("c"), "");
  EXPECT_EQ(commit("c"), "UnauthorizedBlobOverwrite");
  EXPECT_EQ(commit("w"), "");
}

TEST_F(ServiceTest, CountsRequestsByOperation) {
  put("box/a", "x");
  client_.request("GET", "box/a");
  client_.request("GET", "box/b");
  FakeBody body("");
  http::Request request{.body = body};
  request.method = http::Method::get;
  request.target = "/$aloft/requests";
  const http::Response response = service_.handle(request);
  const std::string json(reinterpret_cast<const char*>(response.body[0].data()),
                         response.body[0].size());
  EXPECT_NE(json.find("\"GetBlob\":2"), std::string::npos) << json;
  EXPECT_NE(json.find("\"CreateContainer\":1"), std::string::npos) << json;
  EXPECT_NE(json.find("\"refused\":{"), std::string::npos) << json;
}

}  // namespace
}  // namespace aloft::emulator::blob
