// SPDX-License-Identifier: Apache-2.0
#include "azure/encoding.h"

#include <gtest/gtest.h>

namespace aloft::azure {
namespace {

TEST(Encoding, WritesAndReadsBase64) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : cases) {
    EXPECT_EQ(encode_base64(std::string_view(plain)), encoded);
    EXPECT_EQ(decode_base64(encoded), plain);
  }
}

TEST(Encoding, KeepsAllBytesThroughBase64) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
}

TEST(Encoding, RefusesWhatIsNotBase64) {
  for (const char* text :
       {"a", "ab", "abc", "====", "Zg=", "Zh==", "Zm9", "Zm 9", "Z===", "Zg==Zg=="}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

TEST(Encoding, EscapesWhatAUrlCannotHold) {
  EXPECT_EQ(encode_path("a b/100%+?#ä~"), "a%20b/100%25%2B%3F%23%C3%A4~");
  EXPECT_EQ(encode_query_value("a/b=c&d"), "a%2Fb%3Dc%26d");
}

TEST(Encoding, UndoesEscapes) {
  EXPECT_EQ(decode_percent("a%20b%2fc+d"), "a b/c+d");
  EXPECT_EQ(decode_percent("%41"), "A");
  EXPECT_EQ(decode_percent("100%"), "100%");
  EXPECT_EQ(decode_percent("%4"), "%4");
  EXPECT_EQ(decode_percent("%zz"), "%zz");
}

}  // namespace
}  // namespace aloft::azure
