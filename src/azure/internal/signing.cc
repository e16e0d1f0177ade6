// SPDX-License-Identifier: Apache-2.0
// OpenSSL 3.0 allocates several times for each use of its EVP interface, which costs more than the
// hash of a request; the plain functions are deprecated, not removed.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "azure/internal/signing.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <map>

#include "azure/encoding.h"
#include "base/error.h"

namespace aloft::azure::internal {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest finish(SHA256_CTX& context) {
  Digest digest;
  CHECK(SHA256_Final(digest.data(), &context) == 1);
  return digest;
}

/// A hash that has taken in one block: the key, mixed with `pad`.
SHA256_CTX begin_with(std::string_view key, char pad) {
  std::array<char, SHA256_CBLOCK> block{};
  std::ranges::copy(key, block.begin());
  for (char& c : block) c = static_cast<char>(c ^ pad);
  SHA256_CTX context;
  CHECK(SHA256_Init(&context) == 1 && SHA256_Update(&context, block.data(), block.size()) == 1);
  return context;
}

}  // namespace

struct Signer::Keyed {
  SHA256_CTX inner;
  SHA256_CTX outer;
};

Signer::Signer(const std::string& key) {
  std::string block = key;
  if (key.size() > SHA256_CBLOCK) {  // As HMAC has it for long keys.
    block.resize(SHA256_DIGEST_LENGTH);
    SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(),
           reinterpret_cast<unsigned char*>(block.data()));
  }
  keyed_ = std::make_unique<const Keyed>(begin_with(block, 0x36), begin_with(block, 0x5c));
}

Signer::~Signer() = default;

void Signer::append_signature(std::string& out, std::string_view text) const {
  SHA256_CTX inner = keyed_->inner, outer = keyed_->outer;
  CHECK(SHA256_Update(&inner, text.data(), text.size()) == 1);
  const Digest message = finish(inner);
  CHECK(SHA256_Update(&outer, message.data(), message.size()) == 1);
  const Digest digest = finish(outer);
  append_base64(out, {reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string Signer::sign(std::string_view text) const {
  std::string signature;
  append_signature(signature, text);
  return signature;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
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
  if (question == target.size()) return;
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
