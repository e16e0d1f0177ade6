// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "emulator/blob/service_fixture_fake.h"

// Append and page blobs: what their conditions and limits refuse, which clients seldom show.
namespace aloft::emulator::blob {
namespace {

class KindsTest : public testing::Test, protected ServiceInMemory {
 protected:
  KindsTest() { EXPECT_EQ(client_.request("PUT", "box?restype=container").status, 201); }
  using Fields = std::initializer_list<http::Headers::Field>;
  void make_append() {
    EXPECT_EQ(client_.request("PUT", "box/a", {{"x-ms-blob-type", "AppendBlob"}}).status, 201);
  }
  void make_pages(const char* size = "4096") {
    EXPECT_EQ(client_
                  .request("PUT", "box/p",
                           {{"x-ms-blob-type", "PageBlob"}, {"x-ms-blob-content-length", size}})
                  .status,
              201);
  }
  FakeAnswer append(const std::string& text, const char* name = "x-ms-meta-none",
                    const char* value = "1") {
    return client_.request("PUT", "box/a?comp=appendblock", {{name, value}}, text);
  }
  FakeAnswer put_page(const char* range, const std::string& bytes,
                      const char* name = "x-ms-meta-none", const char* value = "1") {
    return client_.request("PUT", "box/p?comp=page",
                           {{"x-ms-page-write", bytes.empty() ? "clear" : "update"},
                            {"x-ms-range", range},
                            {name, value}},
                           bytes);
  }
  FakeAnswer set_number(const char* action, const char* number) {
    return client_.request(
        "PUT", "box/p?comp=properties",
        {{"x-ms-sequence-number-action", action}, {"x-ms-blob-sequence-number", number}});
  }
  /// "START-END " of each range, "!" before those that were cleared.
  std::string ranges(const std::string& query = {}) {
    const std::string body = client_.request("GET", "box/p?comp=pagelist" + query).body;
    std::string found;
    for (std::size_t at = 0; (at = body.find("<Start>", at)) != std::string::npos; ++at) {
      if (body.substr(at - 12, 12).ends_with("<ClearRange>")) found += "!";
      found += body.substr(at + 7, body.find('<', at + 7) - at - 7) + "-";
      const std::size_t end = body.find("<End>", at) + 5;
      found += body.substr(end, body.find('<', end) - end) + " ";
    }
    return found;
  }
};

const std::string kPage(512, 'p');

TEST_F(KindsTest, AnAppendMeetsItsConditions) {
  make_append();
  EXPECT_EQ(append("abc").headers.get("x-ms-blob-append-offset"), "0");
  EXPECT_EQ(append("d", "x-ms-blob-condition-appendpos", "2").code,
            "AppendPositionConditionNotMet");
  EXPECT_EQ(append("de", "x-ms-blob-condition-maxsize", "4").code, "MaxBlobSizeConditionNotMet");
  EXPECT_EQ(append("d", "x-ms-blob-condition-maxsize", "4").status, 201);
  EXPECT_EQ(append("x", "Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==").code, "Md5Mismatch");
  EXPECT_EQ(append("x", "If-Match", "\"0x1\"").code, "ConditionNotMet");
  EXPECT_EQ(append("").code, "InvalidHeaderValue");
  const FakeAnswer last = append("e", "x-ms-blob-condition-appendpos", "4");
  EXPECT_EQ(last.headers.get("x-ms-blob-append-offset"), "4");
  EXPECT_EQ(last.headers.get("x-ms-blob-committed-block-count"), "3");
  EXPECT_EQ(client_.request("GET", "box/a").body, "abcde");
}

TEST_F(KindsTest, OneBlockOfAnAppendBlobHasALimit) {
  make_append();
  const std::string large((std::size_t{4} << 20) + 1, 'x');
  EXPECT_EQ(append(large).code, "RequestBodyTooLarge");
  const auto append_by_sas = [&](const char* version, http::Headers headers) {
    return client_.request_by_sas("PUT", "box/a?comp=appendblock", "a", version, std::move(headers),
                                  large);
  };
  EXPECT_EQ(append_by_sas("2021-12-02", {}).code, "RequestBodyTooLarge");
  const FakeAnswer later = append_by_sas("2022-11-02", {});
  EXPECT_EQ(later.status, 201) << "the version is that of the SAS";
  EXPECT_EQ(later.headers.get("x-ms-version"), "2022-11-02");
  EXPECT_EQ(append_by_sas("2022-11-02", {{"x-ms-version", "2021-12-02"}}).code,
            "RequestBodyTooLarge")
      << "unless the request names another";
}

TEST_F(KindsTest, AnAppendBlobTakesFiftyThousandBlocks) {
  make_append();
  for (int i = 0; i < 50'000; ++i) ASSERT_EQ(append("x").status, 201) << i;
  EXPECT_EQ(append("x").code, "BlockCountExceedsLimit");
  EXPECT_EQ(client_.request("HEAD", "box/a").headers.get("x-ms-blob-committed-block-count"),
            "50000");
}

TEST_F(KindsTest, ASealedBlobStaysAsItIs) {
  make_append();
  append("abc");
  const std::string etag(client_.request("HEAD", "box/a").headers.get("ETag"));
  EXPECT_EQ(client_.request("PUT", "box/a?comp=seal").headers.get("x-ms-blob-sealed"), "true");
  EXPECT_EQ(client_.request("PUT", "box/a?comp=seal").status, 200) << "twice is as good as once";
  EXPECT_EQ(append("d").code, "BlobIsSealed");
  EXPECT_EQ(client_.request("HEAD", "box/a").headers.get("ETag"), etag);
}

TEST_F(KindsTest, OperationsOfOneKindRefuseTheOthers) {
  make_append();
  make_pages();
  client_.request("PUT", "box/b", {{"x-ms-blob-type", "BlockBlob"}}, "x");
  for (const char* request : {"box/b?comp=appendblock", "box/p?comp=appendblock",
                              "box/a?comp=block&blockid=YQ==", "box/p?comp=block&blockid=YQ=="}) {
    EXPECT_EQ(client_.request("PUT", request, {}, "x").code, "InvalidBlobType") << request;
  }
  EXPECT_EQ(client_
                .request("PUT", "box/a?comp=page",
                         {{"x-ms-page-write", "clear"}, {"x-ms-range", "bytes=0-511"}})
                .code,
            "InvalidBlobType");
  EXPECT_EQ(client_.request("PUT", "box/b?comp=seal").code, "InvalidBlobType");
  EXPECT_EQ(client_.request("GET", "box/a?comp=blocklist").code, "InvalidBlobType");
  EXPECT_EQ(client_.request("GET", "box/b?comp=pagelist").code, "InvalidBlobType");
  EXPECT_EQ(
      client_.request("PUT", "box/b", {{"x-ms-copy-source", "http://127.0.0.1:10000/acc/box/a"}})
          .code,
      "InvalidBlobType");
}

TEST_F(KindsTest, PagesAreWholeAndWithinTheBlob) {
  make_pages();
  EXPECT_EQ(put_page("bytes=0-511", kPage).status, 201);
  EXPECT_EQ(put_page("bytes=0-510", kPage).code, "InvalidPageRange");
  EXPECT_EQ(put_page("bytes=1-512", kPage).code, "InvalidPageRange");
  EXPECT_EQ(put_page("bytes=4096-4607", kPage).code, "InvalidPageRange");
  EXPECT_EQ(put_page("bytes=0-1023", kPage).code, "InvalidHeaderValue");
  EXPECT_EQ(put_page("bytes=0-", kPage).code, "InvalidHeaderValue");
  EXPECT_EQ(put_page("bytes=0-511", kPage, "x-ms-content-crc64", "AAAAAAAAAAA=").code,
            "Crc64Mismatch");
  EXPECT_EQ(client_
                .request("PUT", "box/p",
                         {{"x-ms-blob-type", "PageBlob"}, {"x-ms-blob-content-length", "100"}})
                .code,
            "InvalidHeaderValue");
}

TEST_F(KindsTest, SequenceNumbersGuardPages) {
  make_pages();
  EXPECT_EQ(set_number("update", "7").headers.get("x-ms-blob-sequence-number"), "7");
  EXPECT_EQ(set_number("max", "5").headers.get("x-ms-blob-sequence-number"), "7");
  EXPECT_EQ(set_number("increment", "1").code, "InvalidHeaderValue");
  EXPECT_EQ(
      client_
          .request("PUT", "box/p?comp=properties", {{"x-ms-sequence-number-action", "increment"}})
          .headers.get("x-ms-blob-sequence-number"),
      "8");
  EXPECT_EQ(put_page("bytes=0-511", kPage, "x-ms-if-sequence-number-le", "7").code,
            "SequenceNumberConditionNotMet");
  EXPECT_EQ(put_page("bytes=0-511", kPage, "x-ms-if-sequence-number-lt", "8").code,
            "SequenceNumberConditionNotMet");
  EXPECT_EQ(put_page("bytes=0-511", kPage, "x-ms-if-sequence-number-eq", "8").status, 201);
  EXPECT_EQ(set_number("update", "9223372036854775807").status, 200);
  EXPECT_EQ(
      client_
          .request("PUT", "box/p?comp=properties", {{"x-ms-sequence-number-action", "increment"}})
          .code,
      "SequenceNumberIncrementTooLarge");
}

TEST_F(KindsTest, ListsRangesAndWhatChangedSinceASnapshot) {
  make_pages();
  put_page("bytes=0-511", kPage);
  put_page("bytes=512-1023", kPage);
  put_page("bytes=2048-2559", kPage);
  EXPECT_EQ(ranges(), "0-1023 2048-2559 ");
  EXPECT_EQ(ranges("&maxresults=1"), "0-1023 ");
  EXPECT_EQ(ranges("&maxresults=1&marker=2048"), "2048-2559 ");
  const std::string stamp(
      client_.request("PUT", "box/p?comp=snapshot").headers.get("x-ms-snapshot"));
  EXPECT_EQ(ranges("&prevsnapshot=" + stamp), "");
  put_page("bytes=512-1023", kPage);
  put_page("bytes=2048-2559", "");
  put_page("bytes=3072-3583", kPage);
  EXPECT_EQ(ranges("&prevsnapshot=" + stamp), "512-1023 !2048-2559 3072-3583 ");
  EXPECT_EQ(ranges("&snapshot=" + stamp), "0-1023 2048-2559 ");
  EXPECT_EQ(
      client_.request("GET", "box/p?comp=pagelist&prevsnapshot=2001-01-01T00:00:00.0000000Z").code,
      "PreviousSnapshotNotFound");
  EXPECT_EQ(client_.request("GET", "box/p", {{"Range", "bytes=2048-2050"}}).body,
            std::string(3, '\0'));
}

TEST_F(KindsTest, WhatAShrunkenBlobLostDoesNotComeBack) {
  make_pages();
  put_page("bytes=3584-4095", kPage);
  for (const char* size : {"512", "4096"}) {
    EXPECT_EQ(client_.request("PUT", "box/p?comp=properties", {{"x-ms-blob-content-length", size}})
                  .status,
              200);
  }
  EXPECT_EQ(client_.request("GET", "box/p").body, std::string(4096, '\0'));
  EXPECT_EQ(ranges(), "");
}

TEST_F(KindsTest, NothingIsReadBeyondWhatMemoryHoldsForAHugeGap) {
  make_pages("8796093022208");
  const FakeAnswer answer = client_.request("HEAD", "box/p");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(client_.request("GET", "box/p", {{"Range", "bytes=8796093022000-8796093022207"}}).body,
            std::string(208, '\0'));
}

}  // namespace
}  // namespace aloft::emulator::blob
