// SPDX-License-Identifier: Apache-2.0
#include "azure/authorizer.h"

#include <fmt/core.h>

#include <ctime>
#include <map>

#include "azure/encoding.h"
#include "azure/internal/bearer_tokens.h"
#include "azure/internal/signing.h"
#include "azure/names/blob_names.h"
#include "azure/version.h"

namespace aloft::azure {
namespace {

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
    const std::string lowered = internal::lower(name);
    if (lowered.starts_with("x-ms-")) sorted.emplace(lowered, value);
  }
  for (const auto& [name, value] : sorted) text.append(name).append(":").append(value).append("\n");
}

std::string iso_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

Authorizer::Authorizer(const Account& account, Clock& clock, std::shared_ptr<TokenCaches> tokens)
    : account_(account.name),
      tokens_(internal::BearerTokens::of(account.credential, kStorageResource, clock,
                                         std::move(tokens))),
      clock_(clock) {
  if (const auto* key = std::get_if<SharedKey>(&account.credential)) {
    signer_ = std::make_unique<internal::Signer>(key->key);
  } else if (const auto* sas = std::get_if<SasToken>(&account.credential)) {
    sas_ = sas->query;
  }
}

Authorizer::~Authorizer() = default;

Result<void> Authorizer::authorize(http::Exchange& exchange, const Limits& limits) const {
  if (!sas_.empty()) {
    exchange.target += exchange.target.find('?') == std::string::npos ? '?' : '&';
    exchange.target += sas_;
  }
  if (tokens_ != nullptr) return tokens_->authorize(exchange, limits);
  if (signer_ == nullptr) return {};
  exchange.headers.set("x-ms-date", http_date(clock_.wall_now()));
  exchange.headers.set("Authorization", "SharedKey " + account_ + ":" +
                                            signer_->sign(string_to_sign(exchange, account_)));
  return {};
}

bool Authorizer::renew(const http::Exchange& refused) const {
  return tokens_ != nullptr && tokens_->renew(refused);
}

Result<std::string> Authorizer::source_authorization(const Limits& limits) const {
  if (tokens_ == nullptr) return std::string();
  return tokens_->authorization(limits);
}

std::string Authorizer::credential_name() const {
  if (signer_ != nullptr) return "the account's key";
  if (!sas_.empty()) return "the SAS";
  return tokens_ != nullptr ? tokens_->name() : "no credential";
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
  std::string text;
  const std::size_t length = exchange.body.size();
  internal::append_standard_fields(text, exchange, length == 0 ? "" : std::to_string(length));
  append_headers(text, exchange.headers);
  internal::append_resource(text, exchange.target, account);
  return text;
}

}  // namespace aloft::azure
