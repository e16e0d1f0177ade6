// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/client_assertion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include <nlohmann/json.hpp>

#include "azure/certificate_fake.h"
#include "azure/encoding.h"
#include "base/seeded_random.h"
#include "base/temporary_directory.h"

namespace aloft::azure::internal {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string decode_base64url(std::string text) {
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  while (text.size() % 4 != 0) text += '=';
  return decode_base64(text).value();
}

class ClientAssertionTest : public testing::Test {
 protected:
  Result<std::string> make(const std::string& pem, const std::string& password = "",
                           mode_t mode = 0600) {
    CHECK(replace_file(file_, pem, mode).has_value());
    return make_client_assertion(file_, password, claims_, random_);
  }
  bool is_signed(const std::string& text, const std::string& signature) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    EVP_PKEY_CTX* parameters = nullptr;
    EVP_DigestVerifyInit(context.get(), &parameters, EVP_sha256(), nullptr, fake_.key());
    EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST);
    const auto* const bytes = [](const std::string& from) {
      return reinterpret_cast<const unsigned char*>(from.data());
    }(text);
    return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                            signature.size(), bytes, text.size()) == 1;
  }

  const FakeCertificate fake_;
  const TemporaryDirectory directory_;
  const std::string file_ = directory_.path() + "/app.pem";
  SeededRandom random_{7};
  const AssertionClaims claims_{
      .audience = "https://login.example/t/oauth2/v2.0/token",
      .client_id = "app",
      .now = std::chrono::system_clock::time_point(std::chrono::seconds(1'000))};
};

TEST_F(ClientAssertionTest, IsSignedByTheKeyAndNamesTheCertificate) {
  const auto assertion = make(fake_.certificate_pem() + fake_.key_pem());
  ASSERT_TRUE(assertion) << assertion.error().message;
  const std::size_t first = assertion->find('.'), second = assertion->rfind('.');
  const auto header = nlohmann::json::parse(decode_base64url(assertion->substr(0, first)));
  EXPECT_EQ(header["alg"], "PS256");
  EXPECT_EQ(header["typ"], "JWT");
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  X509_digest(fake_.certificate(), EVP_sha256(), digest, &length);
  EXPECT_EQ(decode_base64url(header["x5t#S256"]),
            std::string(reinterpret_cast<const char*>(digest), length));
  const auto claims =
      nlohmann::json::parse(decode_base64url(assertion->substr(first + 1, second - first - 1)));
  EXPECT_EQ(claims["aud"], claims_.audience);
  EXPECT_EQ(claims["iss"], "app");
  EXPECT_EQ(claims["sub"], "app");
  EXPECT_EQ(claims["nbf"], 1'000);
  EXPECT_EQ(claims["iat"], 1'000);
  EXPECT_EQ(claims["exp"], 1'600);
  EXPECT_EQ(claims["jti"].get<std::string>().size(), 36u);
  EXPECT_TRUE(
      is_signed(assertion->substr(0, second), decode_base64url(assertion->substr(second + 1))));
}

TEST_F(ClientAssertionTest, FindsTheCertificateOfTheKeyAmongOthersInAnyOrder) {
  const std::string other = FakeCertificate("EC").certificate_pem();
  EXPECT_TRUE(make(fake_.key_pem() + other + fake_.certificate_pem()));
}

TEST_F(ClientAssertionTest, TakesAnEncryptedKeyWithItsPassword) {
  const std::string pem = fake_.key_pem("open sesame") + fake_.certificate_pem();
  EXPECT_TRUE(make(pem, "open sesame"));
  for (const char* password : {"", "wrong"}) {
    const auto assertion = make(pem, password);
    ASSERT_FALSE(assertion);
    EXPECT_EQ(assertion.error().code, ErrorCode::permission_denied);
    EXPECT_THAT(assertion.error().message, AllOf(HasSubstr(file_), HasSubstr("password")));
  }
}

TEST_F(ClientAssertionTest, SaysWhatIsWrongWithTheFile) {
  const FakeCertificate other("EC");
  const std::tuple<std::string, ErrorCode, const char*> cases[] = {
      {"", ErrorCode::invalid_argument, "no private key"},
      {fake_.certificate_pem(), ErrorCode::invalid_argument, "openssl pkcs12"},
      {fake_.key_pem(), ErrorCode::invalid_argument, "no certificate"},
      {fake_.key_pem() + other.certificate_pem(), ErrorCode::invalid_argument, "no certificate"},
      {other.key_pem() + other.certificate_pem(), ErrorCode::unsupported, "RSA"}};
  for (const auto& [pem, code, words] : cases) {
    const auto assertion = make(pem);
    ASSERT_FALSE(assertion) << words;
    EXPECT_EQ(assertion.error().code, code) << words;
    EXPECT_THAT(assertion.error().message, AllOf(HasSubstr(file_), HasSubstr(words)));
  }
}

TEST_F(ClientAssertionTest, RefusesAKeyThatOthersCanRead) {
  const auto assertion = make(fake_.key_pem() + fake_.certificate_pem(), "", 0640);
  ASSERT_FALSE(assertion);
  EXPECT_EQ(assertion.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(assertion.error().message, HasSubstr("chmod 600"));
}

TEST_F(ClientAssertionTest, SaysThatThereIsNoFile) {
  const auto assertion = make_client_assertion(file_, "", claims_, random_);
  ASSERT_FALSE(assertion);
  EXPECT_EQ(assertion.error().code, ErrorCode::not_found);
  EXPECT_THAT(assertion.error().message, HasSubstr(file_));
}

}  // namespace
}  // namespace aloft::azure::internal
