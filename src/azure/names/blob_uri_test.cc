// SPDX-License-Identifier: Apache-2.0
#include "azure/names/blob_uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aloft::azure {
namespace {

using testing::HasSubstr;

TEST(BlobUri, ReadsWhatItPrints) {
  for (const char* text : {"az://acc", "az://acc/con", "az://acc/con/key", "az://acc/con/a//b/",
                           "az://acc/con/100% ?#+ä", "az://acc/con//leading"}) {
    const auto uri = parse_blob_uri(text);
    ASSERT_TRUE(uri) << text;
    EXPECT_EQ(to_string(*uri), text);
  }
}

TEST(BlobUri, TakesTheKeyLiterally) {
  const auto uri = parse_blob_uri("az://acc/con/a%20b/c");
  ASSERT_TRUE(uri);
  EXPECT_EQ(*uri, (BlobUri{"acc", "con", "a%20b/c"}));
}

TEST(BlobUri, IgnoresASlashBehindAccountOrContainer) {
  EXPECT_EQ(*parse_blob_uri("az://acc/"), (BlobUri{"acc"}));
  EXPECT_EQ(*parse_blob_uri("az://acc/con/"), (BlobUri{"acc", "con"}));
}

TEST(BlobUri, ExplainsWhatIsWrong) {
  for (const char* text : {"", "az:/acc", "/az/acc", "az://", "az:///con", "az://acc//key",
                           "az://Acc/con", "az://acc/Con_tainer"}) {
    const auto uri = parse_blob_uri(text);
    ASSERT_FALSE(uri) << text;
    EXPECT_EQ(uri.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(uri.error().message, HasSubstr("az://ACCOUNT/CONTAINER/PATH"));
  }
}

}  // namespace
}  // namespace aloft::azure
