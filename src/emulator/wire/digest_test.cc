// SPDX-License-Identifier: Apache-2.0
#include "emulator/wire/digest.h"

#include <gtest/gtest.h>

namespace aloft::emulator {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST(Base64, IsStrict) {
  EXPECT_EQ(base64_encode("hello"), "aGVsbG8=");
  EXPECT_EQ(base64_decode("aGVsbG8="), "hello");
  EXPECT_EQ(base64_decode(""), "");
  for (const char* wrong : {"aGVsbG8", "aGVs bG8=", "aGVsbG9=", "aGVsbG8=\n", "****", "=aaa"}) {
    EXPECT_FALSE(base64_decode(wrong).has_value()) << wrong;
  }
}

TEST(Base64, HasAFormForUrls) {
  EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
  EXPECT_EQ(base64url_decode("-_8"), "\xfb\xff");
  for (const char* wrong : {"+/8", "-_8=", "-_9", "a"}) {
    EXPECT_FALSE(base64url_decode(wrong).has_value()) << wrong;
  }
}

TEST(Md5, AddsParts) {
  Md5 md5;
  md5.add(bytes_of("a"));
  md5.add(bytes_of("bc"));
  EXPECT_EQ(base64_encode(md5.finish()), "kAFQmDzST7DWlj99KOF/cg==");
}

TEST(Hmac, AgreesWithTheExampleOfRfc4231) {
  // Test case 2.
  EXPECT_EQ(base64_encode(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

TEST(Hmac, DependsOnNothingButItsKeyAndText) {
  const std::string first = hmac_sha256("one", "text");
  EXPECT_EQ(hmac_sha256("one", "text"), first);
  EXPECT_NE(hmac_sha256("two", "text"), first);
  EXPECT_NE(hmac_sha256("", "text"), first);
  EXPECT_EQ(hmac_sha256("", "text"), hmac_sha256("", "text"));
  EXPECT_EQ(hmac_sha256("one", "text"), first);
}

TEST(Hmac, KeepsNothingOfTheKeyBefore) {
  const std::string first = hmac_sha256("Jefe", "text");
  const std::string long_key(200, 'k');  // Longer than a block: its digest is the key.
  // Python: hmac.new(key, b"text", "sha256"), base64.
  EXPECT_EQ(base64_encode(hmac_sha256(long_key, "text")),
            "AhP6VqTSb6wJrunvKm+vHzjfzg08QjjWOYG4r11iKLo=");
  EXPECT_EQ(base64_encode(hmac_sha256({}, "text")), "BhG3BKurRz+VYlegnML8LIZyEdB3vf/FqRvYpQR4Jv8=");
  EXPECT_EQ(hmac_sha256("Jefe", "text"), first);
}

}  // namespace
}  // namespace aloft::emulator
