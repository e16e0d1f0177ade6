// SPDX-License-Identifier: Apache-2.0
#include "emulator/identity/token_issuer.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::identity {
namespace {

using Verdict = TokenIssuer::Verdict;

class TokenIssuerTest : public testing::Test {
 protected:
  FakeClock clock_;
  const TokenIssuer issuer_{clock_};
  const Token token_ = issuer_.issue(kStorageAudience);
};

TEST_F(TokenIssuerTest, TakesItsOwnTokens) {
  EXPECT_EQ(issuer_.verify(token_.text, kStorageAudience), Verdict::valid);
  EXPECT_EQ(issuer_.verify(token_.text, "https://storage.azure.com//"), Verdict::valid);
  EXPECT_EQ(token_.expires - token_.not_before, std::chrono::hours(24));
}

TEST_F(TokenIssuerTest, RefusesAnotherAudience) {
  EXPECT_EQ(issuer_.verify(token_.text, "https://management.azure.com"), Verdict::other_audience);
}

TEST_F(TokenIssuerTest, RefusesWhatHasExpired) {
  clock_.advance(std::chrono::hours(24) - std::chrono::seconds(1));
  EXPECT_EQ(issuer_.verify(token_.text, kStorageAudience), Verdict::valid);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(issuer_.verify(token_.text, kStorageAudience), Verdict::expired);
}

TEST_F(TokenIssuerTest, RefusesTheTokensOfAnotherRun) {
  const TokenIssuer other(clock_);
  EXPECT_EQ(other.verify(token_.text, kStorageAudience), Verdict::forged);
}

TEST_F(TokenIssuerTest, RefusesEveryChange) {
  for (std::size_t i = 0; i < token_.text.size(); ++i) {
    std::string changed = token_.text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(issuer_.verify(changed, kStorageAudience), Verdict::valid) << i;
  }
}

TEST_F(TokenIssuerTest, RefusesATokenThatSaysItNeedsNoSignature) {
  const std::size_t claims = token_.text.find('.');
  const std::size_t signature = token_.text.rfind('.');
  const std::string unsigned_token =
      base64url_encode(R"({"alg":"none"})") + token_.text.substr(claims, signature - claims) + ".";
  EXPECT_EQ(issuer_.verify(unsigned_token, kStorageAudience), Verdict::forged);
}

TEST_F(TokenIssuerTest, RefusesWhatIsNoToken) {
  for (const char* text : {"", ".", "a", "a.b", "..", "a.b.c", "*.*.*"}) {
    EXPECT_NE(issuer_.verify(text, kStorageAudience), Verdict::valid) << text;
  }
}

}  // namespace
}  // namespace aloft::emulator::identity
