// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "emulator/blob/service_fixture_fake.h"

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
    return client_.request("PUT", to, {{"x-ms-copy-source", "http://127.0.0.1:10000/acc/" + from}});
  }
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
