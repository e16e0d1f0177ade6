// SPDX-License-Identifier: Apache-2.0
#include "azure/authorizer.h"

#include <fmt/core.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <ctime>
#include <map>
#include <vector>

#include "azure/encoding.h"
#include "azure/names/blob_names.h"
#include "azure/version.h"

namespace aloft::azure {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// The service sorts header names as words are sorted, not as bytes: hyphens do not count, and "_"
/// comes before digits, which come before letters.
int weight(char c) {
  if (c == '-') return 0;
  if (c >= '0' && c <= '9') return 0x200 + c;
  if (c >= 'a' && c <= 'z') return 0x300 + c;
  return 0x100 + static_cast<unsigned char>(c);
}

bool header_before(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  for (;;) {
    while (i < a.size() && weight(a[i]) == 0) ++i;
    while (j < b.size() && weight(b[j]) == 0) ++j;
    if (i == a.size() || j == b.size()) break;
    if (a[i] != b[j]) return weight(a[i]) < weight(b[j]);
    ++i, ++j;
  }
  const bool a_ended = i == a.size(), b_ended = j == b.size();
  return a_ended != b_ended ? a_ended : a < b;
}

void append_headers(std::string& text, const http::Headers& headers) {
  struct Before {
    bool operator()(const std::string& a, const std::string& b) const {
      return header_before(a, b);
    }
  };
  std::map<std::string, std::string_view, Before> sorted;
  for (const auto& [name, value] : headers) {
    const std::string lowered = lower(name);
    if (lowered.starts_with("x-ms-")) sorted.emplace(lowered, value);
  }
  for (const auto& [name, value] : sorted) text.append(name).append(":").append(value).append("\n");
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

std::string iso_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

/// HMAC-SHA256 with the account's key, whose part of the work is done once.
class Authorizer::Signer {
 public:
  explicit Signer(const std::string& key) {
    const std::unique_ptr<EVP_MAC, MacFree> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    CHECK(mac != nullptr);
    keyed_.reset(EVP_MAC_CTX_new(mac.get()));
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    CHECK(keyed_ != nullptr);
    CHECK(EVP_MAC_init(keyed_.get(), reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                       parameters) == 1);
  }

  /// In base64.
  std::string sign(std::string_view text) const {
    const std::unique_ptr<EVP_MAC_CTX, ContextFree> context(EVP_MAC_CTX_dup(keyed_.get()));
    CHECK(context != nullptr);
    std::array<unsigned char, 32> digest;
    std::size_t length = 0;
    CHECK(EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()),
                         text.size()) == 1);
    CHECK(EVP_MAC_final(context.get(), digest.data(), &length, digest.size()) == 1);
    return encode_base64(std::as_bytes(std::span(digest)));
  }

 private:
  struct MacFree {
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  };
  struct ContextFree {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };
  std::unique_ptr<EVP_MAC_CTX, ContextFree> keyed_;  ///< Only copied after the constructor.
};

Authorizer::Authorizer(const Account& account) : account_(account.name) {
  if (const auto* key = std::get_if<SharedKey>(&account.credential)) {
    signer_ = std::make_unique<Signer>(key->key);
  } else if (const auto* sas = std::get_if<SasToken>(&account.credential)) {
    sas_ = sas->query;
  }
}

Authorizer::~Authorizer() = default;

void Authorizer::authorize(http::Exchange& exchange,
                           std::chrono::system_clock::time_point now) const {
  if (!sas_.empty()) {
    exchange.target += exchange.target.find('?') == std::string::npos ? '?' : '&';
    exchange.target += sas_;
  }
  if (signer_ == nullptr) return;
  exchange.headers.set("x-ms-date", http_date(now));
  exchange.headers.set("Authorization", "SharedKey " + account_ + ":" +
                                            signer_->sign(string_to_sign(exchange, account_)));
}

std::string Authorizer::make_sas(const SasRequest& request) const {
  if (signer_ == nullptr) return sas_;
  const std::string resource = "/blob/" + account_ + "/" + request.container +
                               (request.key.empty() ? "" : "/" + request.key);
  const std::string kind = request.key.empty() ? "c" : "b";
  const std::string expiry = iso_time(request.expires);
  // Permissions, start, expiry, resource, identifier, addresses, protocol, version, kind, snapshot,
  // encryption scope, and five response headers; what is not used is empty.
  const std::string text = request.permissions + "\n\n" + expiry + "\n" + resource + "\n\n\n\n" +
                           std::string(kApiVersion) + "\n" + kind + "\n\n\n\n\n\n\n";
  return fmt::format("sv={}&sr={}&sp={}&se={}&sig={}", kApiVersion, kind, request.permissions,
                     encode_query_value(expiry), encode_query_value(signer_->sign(text)));
}

std::string http_date(std::chrono::system_clock::time_point time) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday],
                     parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour,
                     parts.tm_min, parts.tm_sec);
}

std::string string_to_sign(const http::Exchange& exchange, std::string_view account) {
  std::string text(http::name_of(exchange.method));
  const auto line = [&](std::string_view value) { text.append("\n").append(value); };
  const auto header = [&](std::string_view name) { line(exchange.headers.get(name)); };
  header("Content-Encoding");
  header("Content-Language");
  line(exchange.body.empty() ? "" : std::to_string(exchange.body.size()));
  header("Content-MD5");
  header("Content-Type");
  line("");  // The date is in x-ms-date.
  header("If-Modified-Since");
  header("If-Match");
  header("If-None-Match");
  header("If-Unmodified-Since");
  header("Range");
  text += "\n";
  append_headers(text, exchange.headers);
  append_resource(text, exchange.target, account);
  return text;
}

}  // namespace aloft::azure
