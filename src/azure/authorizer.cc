// SPDX-License-Identifier: Apache-2.0
#include "azure/authorizer.h"

#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <vector>

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
  if (c >= '0' && c <= '9') return 0x200 + c;
  if (c >= 'a' && c <= 'z') return 0x300 + c;
  return 0x100 + static_cast<unsigned char>(c);
}

/// Names in any case.
bool header_before(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  for (;;) {
    while (i < a.size() && a[i] == '-') ++i;
    while (j < b.size() && b[j] == '-') ++j;
    if (i == a.size() || j == b.size()) break;
    const int left = weight(internal::lower(a[i])), right = weight(internal::lower(b[j]));
    if (left != right) return left < right;
    ++i, ++j;
  }
  const bool a_ended = i == a.size(), b_ended = j == b.size();
  if (a_ended != b_ended) return a_ended;
  return std::ranges::lexicographical_compare(
      a, b, {}, [](char c) { return internal::lower(c); },
      [](char c) { return internal::lower(c); });
}

/// What signing a request works with: kept, so that it allocates nothing.
struct Scratch {
  std::string text{};
  std::string authorization{};
  std::vector<http::Headers::Field> fields{};
};

bool is_ours(std::string_view name) {
  constexpr std::string_view kPrefix = "x-ms-";
  return name.size() >= kPrefix.size() &&
         http::equal_ignoring_case(name.substr(0, kPrefix.size()), kPrefix);
}

void append_headers(Scratch& scratch, const http::Headers& headers) {
  auto& sorted = scratch.fields;
  sorted.clear();
  for (const auto& field : headers) {
    if (!is_ours(field.name)) continue;
    const auto place =
        std::ranges::lower_bound(sorted, field.name, header_before, &http::Headers::Field::name);
    if (place != sorted.end() && http::equal_ignoring_case(place->name, field.name)) continue;
    sorted.insert(place, field);
  }
  for (const auto& [name, value] : sorted) {
    for (const char c : name) scratch.text += internal::lower(c);
    scratch.text.append(":").append(value).append("\n");
  }
}

void write_string_to_sign(Scratch& scratch, const http::Exchange& exchange,
                          std::string_view account) {
  scratch.text.clear();
  const std::size_t length = exchange.body.size();
  internal::append_standard_fields(scratch.text, exchange,
                                   length == 0 ? "" : std::to_string(length));
  append_headers(scratch, exchange.headers);
  internal::append_resource(scratch.text, exchange.target, account);
}

void append_http_date(std::string& out, std::chrono::system_clock::time_point time) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  fmt::format_to(std::back_inserter(out), "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                 kDays[parts.tm_wday], parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900,
                 parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/// As http_date(); made anew once a second per thread, in the same memory.
std::string_view date_of(std::chrono::system_clock::time_point time) {
  thread_local std::time_t made_for = -1;
  thread_local std::string text;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  if (seconds == made_for) return text;
  text.clear();
  append_http_date(text, time);
  made_for = seconds;
  return text;
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
  // One that is sent again has it.
  if (!sas_.empty() && !exchange.target.ends_with(sas_)) {
    exchange.target += exchange.target.find('?') == std::string::npos ? '?' : '&';
    exchange.target += sas_;
  }
  if (tokens_ != nullptr) return tokens_->authorize(exchange, limits);
  if (signer_ == nullptr) return {};
  thread_local Scratch scratch;
  exchange.headers.set("x-ms-date", date_of(clock_.wall_now()));
  write_string_to_sign(scratch, exchange, account_);
  scratch.authorization.assign("SharedKey ").append(account_).append(":");
  signer_->append_signature(scratch.authorization, scratch.text);
  exchange.headers.set("Authorization", scratch.authorization);
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
  std::string date;
  append_http_date(date, time);
  return date;
}

std::string string_to_sign(const http::Exchange& exchange, std::string_view account) {
  Scratch scratch;
  write_string_to_sign(scratch, exchange, account);
  return scratch.text;
}

}  // namespace aloft::azure
