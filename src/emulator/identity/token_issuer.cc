// SPDX-License-Identifier: Apache-2.0
#include "emulator/identity/token_issuer.h"

#include <nlohmann/json.hpp>

#include "emulator/wire/digest.h"
#include "emulator/wire/uuid.h"

namespace aloft::emulator::identity {

namespace {

/// Ours alone are checked, so that no token can choose how.
std::string token_head() {
  return base64url_encode(R"({"alg":"HS256","typ":"JWT"})");
}

std::int64_t number_of(Seconds time) {
  return time.time_since_epoch().count();
}

}  // namespace

TokenIssuer::TokenIssuer(Clock& clock, Random& random, std::chrono::seconds lifetime)
    : clock_(clock), lifetime_(lifetime), key_(32, '\0') {
  random.fill(std::as_writable_bytes(std::span(key_)));
}

Seconds TokenIssuer::now() const {
  return std::chrono::floor<std::chrono::seconds>(clock_.wall_now());
}

Token TokenIssuer::issue(std::string_view audience) const {
  Token token{.text = {}, .not_before = now(), .expires = now() + lifetime_};
  const nlohmann::ordered_json claims{
      {"aud", audience},
      {"iss", "https://sts.windows.net/" + std::string(kTenantId) + "/"},
      {"iat", number_of(token.not_before)},
      {"nbf", number_of(token.not_before)},
      {"exp", number_of(token.expires)},
      {"appid", kClientId},
      {"oid", kPrincipalId},
      {"sub", kPrincipalId},
      {"tid", kTenantId},
      {"idtyp", "app"},
      {"uti", make_uuid()},
      {"xms_mirid", kResourceId}};
  const std::string text = token_head() + "." + base64url_encode(claims.dump());
  token.text = text + "." + base64url_encode(hmac_sha256(key_, text));
  return token;
}

TokenIssuer::Verdict TokenIssuer::verify(std::string_view token, std::string_view audience) const {
  const std::size_t last = token.rfind('.');
  const std::size_t first = token.find('.');
  if (first == last) return Verdict::malformed;
  const std::string_view text = token.substr(0, last);
  const auto claimed = base64url_decode(text.substr(first + 1));
  const auto signature = base64url_decode(token.substr(last + 1));
  if (!claimed || !signature) return Verdict::malformed;
  if (text.substr(0, first) != token_head() ||
      !equal_secrets(hmac_sha256(key_, text), *signature)) {
    return Verdict::forged;
  }
  const auto claims = nlohmann::json::parse(*claimed);  // Our own: signed.
  if (number_of(now()) >= claims["exp"].get<std::int64_t>()) return Verdict::expired;
  const auto& made_for = claims["aud"].get_ref<const std::string&>();
  const bool fits = bare_audience(made_for) == bare_audience(audience);
  return fits ? Verdict::valid : Verdict::other_audience;
}

std::string_view explain(TokenIssuer::Verdict verdict) {
  switch (verdict) {
    case TokenIssuer::Verdict::valid:
      return "";
    case TokenIssuer::Verdict::malformed:
      return "The token is not well formed.";
    case TokenIssuer::Verdict::forged:
      return "Signature validation failed. Signature key not found.";
    case TokenIssuer::Verdict::expired:
      return "Lifetime validation failed. The token is expired.";
    case TokenIssuer::Verdict::other_audience:
      return "Audience validation failed. Audience did not match.";
  }
  return "";
}

std::string_view bare_audience(std::string_view audience) {
  while (audience.ends_with('/')) audience.remove_suffix(1);
  return audience;
}

}  // namespace aloft::emulator::identity
