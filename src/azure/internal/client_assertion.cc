// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/client_assertion.h"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "azure/encoding.h"
#include "azure/private_file.h"

namespace aloft::azure::internal {
namespace {

constexpr std::chrono::minutes kLifetime{10};

template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>>;

struct Credentials {
  Key key;
  Certificate certificate;
};

Bio reader_of(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// Called back by OpenSSL for a key that is encrypted; without it, it would ask at the terminal.
int give_password(char* buffer, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  const std::size_t length = std::min(text.size(), static_cast<std::size_t>(size));
  std::memcpy(buffer, text.data(), length);
  return static_cast<int>(length);
}

Result<Key> read_key(const std::string& pem, const std::string& file, std::string password) {
  Key key(PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, give_password, &password));
  ERR_clear_error();
  if (key == nullptr && pem.find("PRIVATE KEY-----") != std::string::npos) {
    return fail(ErrorCode::permission_denied,
                fmt::format("the private key in {} cannot be read; correct its password "
                            "(AZURE_CLIENT_CERTIFICATE_PASSWORD, or certificate_password in the "
                            "accounts file)",
                            file));
  }
  if (key == nullptr) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} holds no private key in PEM; write both into one file: openssl "
                            "pkcs12 -in FILE.pfx -out FILE.pem",
                            file));
  }
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return fail(ErrorCode::unsupported,
                fmt::format("the private key in {} is no RSA key; Entra ID takes RSA certificates "
                            "only",
                            file));
  }
  return key;
}

/// Of the certificates, the one that belongs to the key.
Result<Credentials> read_credentials(const std::string& file, const std::string& password) {
  const std::optional<std::string> pem = TRY(read_private_file(file));
  if (!pem) {
    return fail(ErrorCode::not_found,
                fmt::format("the certificate file {} does not exist; correct its name", file));
  }
  Key key = TRY(read_key(*pem, file, password));
  const Bio reader = reader_of(*pem);
  for (;;) {
    Certificate certificate(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
    const bool belongs =
        certificate != nullptr && X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    if (belongs) return Credentials{.key = std::move(key), .certificate = std::move(certificate)};
    if (certificate != nullptr) continue;
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} holds no certificate of its private key; put both into it", file));
  }
}

/// base64 as JSON web tokens have it.
std::string encode_base64url(std::span<const std::byte> bytes) {
  std::string text = encode_base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::string encode_base64url(const nlohmann::json& document) {
  // Settings may hold anything; what is no UTF-8 must not throw, and is refused by the service.
  const std::string text = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return encode_base64url(std::as_bytes(std::span(text)));
}

std::string thumbprint(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  CHECK(X509_digest(certificate, EVP_sha256(), digest.data(), &length) == 1);
  return encode_base64url(std::as_bytes(std::span(digest).first(length)));
}

/// By RSASSA-PSS with SHA-256.
std::optional<std::string> sign(EVP_PKEY* key, std::string_view text) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  std::size_t length = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (EVP_DigestSignInit(context.get(), &parameters, EVP_sha256(), nullptr, key) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &length, bytes, text.size()) != 1) {
    return std::nullopt;
  }
  std::vector<unsigned char> signature(length);
  if (EVP_DigestSign(context.get(), signature.data(), &length, bytes, text.size()) != 1) {
    return std::nullopt;
  }
  return encode_base64url(std::as_bytes(std::span(signature).first(length)));
}

std::string make_guid(Random& random) {
  const std::string hex = random.hex(16);
  return fmt::format("{}-{}-4{}-a{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3),
                     hex.substr(17, 3), hex.substr(20));
}

}  // namespace

Result<std::string> make_client_assertion(const std::string& certificate_file,
                                          const std::string& password,
                                          const AssertionClaims& claims, Random& random) {
  const Credentials credentials = TRY(read_credentials(certificate_file, password));
  const auto seconds = [](std::chrono::system_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  };
  const nlohmann::json header = {
      {"alg", "PS256"}, {"typ", "JWT"}, {"x5t#S256", thumbprint(credentials.certificate.get())}};
  const nlohmann::json payload = {{"aud", claims.audience},
                                  {"iss", claims.client_id},
                                  {"sub", claims.client_id},
                                  {"jti", make_guid(random)},
                                  {"iat", seconds(claims.now)},
                                  {"nbf", seconds(claims.now)},
                                  {"exp", seconds(claims.now + kLifetime)}};
  const std::string text = encode_base64url(header) + "." + encode_base64url(payload);
  const auto signature = sign(credentials.key.get(), text);
  if (!signature) {
    ERR_clear_error();
    return fail(ErrorCode::invalid_argument,
                fmt::format("the private key in {} cannot sign; it must be an RSA key of 2048 bits "
                            "or more",
                            certificate_file));
  }
  return text + "." + *signature;
}

}  // namespace aloft::azure::internal
