// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/signing.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "azure/encoding.h"
#include "base/error.h"

namespace aloft::azure::internal {
namespace {

struct MacFree {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
};
struct ContextFree {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

}  // namespace

struct Signer::Keyed {
  std::unique_ptr<EVP_MAC_CTX, ContextFree> context;  ///< Only copied.
};

Signer::Signer(const std::string& key) {
  const std::unique_ptr<EVP_MAC, MacFree> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  CHECK(mac != nullptr);
  std::unique_ptr<EVP_MAC_CTX, ContextFree> context(EVP_MAC_CTX_new(mac.get()));
  CHECK(context != nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  CHECK(EVP_MAC_init(context.get(), reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                     parameters) == 1);
  keyed_ = std::make_unique<const Keyed>(std::move(context));
}

Signer::~Signer() = default;

std::string Signer::sign(std::string_view text) const {
  const std::unique_ptr<EVP_MAC_CTX, ContextFree> context(EVP_MAC_CTX_dup(keyed_->context.get()));
  CHECK(context != nullptr);
  std::array<unsigned char, 32> digest;
  std::size_t length = 0;
  CHECK(EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size()) == 1);
  CHECK(EVP_MAC_final(context.get(), digest.data(), &length, digest.size()) == 1);
  return encode_base64(std::as_bytes(std::span(digest)));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

void append_standard_fields(std::string& text, const http::Exchange& exchange,
                            std::string_view content_length) {
  const auto line = [&](std::string_view value) { text.append(value).append("\n"); };
  const auto header = [&](std::string_view name) { line(exchange.headers.get(name)); };
  line(http::name_of(exchange.method));
  header("Content-Encoding");
  header("Content-Language");
  line(content_length);
  header("Content-MD5");
  header("Content-Type");
  line("");  // The date.
  header("If-Modified-Since");
  header("If-Match");
  header("If-None-Match");
  header("If-Unmodified-Since");
  header("Range");
}

void append_resource(std::string& text, std::string_view target, std::string_view account) {
  const std::size_t question = std::min(target.find('?'), target.size());
  text.append("/").append(account).append(target.substr(0, question));
  std::map<std::string, std::string> parameters;
  std::string_view query = target.substr(std::min(question + 1, target.size()));
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    const std::size_t equals = std::min(part.find('='), part.size());
    parameters[lower(decode_percent(part.substr(0, equals)))] =
        decode_percent(part.substr(std::min(equals + 1, part.size())));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  for (const auto& [name, value] : parameters) {
    text.append("\n").append(name).append(":").append(value);
  }
}

}  // namespace aloft::azure::internal
