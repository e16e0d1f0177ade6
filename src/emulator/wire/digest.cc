// SPDX-License-Identifier: Apache-2.0
#include "emulator/wire/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>

#include "base/error.h"

namespace aloft::emulator {

std::string base64_encode(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // EVP_EncodeBlock ends with a NUL.
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  for (std::size_t padding = 0; padding < 2 && text.ends_with('='); ++padding) {
    text.remove_suffix(1);
    bytes.pop_back();
  }
  // OpenSSL skips blanks and lets unused bits of the last character be anything.
  const std::string again = base64_encode(bytes);
  if (std::string_view(again).substr(0, text.size()) != text) return std::nullopt;
  return bytes;
}

std::string base64url_encode(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string usual(text);
  std::ranges::replace(usual, '-', '+');
  std::ranges::replace(usual, '_', '/');
  while (usual.size() % 4 != 0) usual += '=';
  return base64_decode(usual);
}

namespace {

/// The state of one thread: OpenSSL's one-call HMAC() looks for the algorithm and makes a state for
/// each call, which takes several times as long as the digest of a request.
class HmacSha256 {
 public:
  HmacSha256() {
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    state_ = EVP_MAC_CTX_new(algorithm);
    EVP_MAC_free(algorithm);  // The state holds it.
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    CHECK(state_ != nullptr && EVP_MAC_CTX_set_params(state_, parameters) == 1);
  }
  ~HmacSha256() { EVP_MAC_CTX_free(state_); }
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;

  std::string operator()(std::string_view key, std::string_view text) {
    std::string digest(32, '\0');
    std::size_t length = 0;
    set_key(key);
    CHECK(EVP_MAC_update(state_, bytes_of(text.data()), text.size()) == 1);
    CHECK(EVP_MAC_final(state_, reinterpret_cast<unsigned char*>(digest.data()), &length,
                        digest.size()) == 1);
    CHECK(length == digest.size());
    return digest;
  }

 private:
  static const unsigned char* bytes_of(const char* text) {
    return reinterpret_cast<const unsigned char*>(text);
  }
  /// The digest of a key is half of the work for a short text, and nearly all texts of an emulator
  /// have the same key.
  void set_key(std::string_view key) {
    if (has_key_ && key == key_) {
      CHECK(EVP_MAC_init(state_, nullptr, 0, nullptr) == 1);  // The key of the call before.
      return;
    }
    const char* start = key.empty() ? "" : key.data();
    CHECK(EVP_MAC_init(state_, bytes_of(start), key.size(), nullptr) == 1);
    key_ = key;
    has_key_ = true;
  }

  EVP_MAC_CTX* state_ = nullptr;
  bool has_key_ = false;
  std::string key_;
};

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view text) {
  thread_local HmacSha256 hmac;
  return hmac(key, text);
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct Md5::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { CHECK(context != nullptr && EVP_DigestInit_ex(context, EVP_md5(), nullptr) == 1); }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Md5::Md5() : state_(std::make_unique<State>()) {}
Md5::~Md5() = default;

void Md5::add(std::span<const std::byte> bytes) {
  CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::string Md5::finish() {
  std::string digest(16, '\0');
  unsigned int length = 0;
  CHECK(EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(digest.data()),
                           &length) == 1);
  return digest;
}

}  // namespace aloft::emulator
