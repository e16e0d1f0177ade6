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
