// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/authentication.h"

#include "emulator/blob/shared_key.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::chrono::minutes kClockWindow{15};

/// With what a client may come again: clients take it as a sign to get another token.
void add_challenge(ServiceError& error) {
  error.headers.emplace_back(
      "WWW-Authenticate", "Bearer authorization_uri=https://login.microsoftonline.com/" +
                              std::string(identity::kTenantId) + "/oauth2/authorize resource_id=" +
                              std::string(identity::kStorageAudience));
}

Outcome<void> check_date(const http::Headers& headers, Seconds now) {
  const std::string_view text =
      headers.contains("x-ms-date") ? headers.get("x-ms-date") : headers.get("Date");
  const auto date = parse_http_date(text);
  if (!date) return not_authentic("The x-ms-date or Date header is missing or malformed.");
  if (*date < now - kClockWindow) {
    return not_authentic("Request date header too old: '" + std::string(text) + "'");
  }
  if (*date > now + kClockWindow) {
    return not_authentic("Request date header too far in the future: '" + std::string(text) + "'");
  }
  return {};
}

Outcome<Authority> authenticate_shared_key(const Account& account, const http::Request& request,
                                           const Target& target, std::string_view credential,
                                           Seconds now) {
  const std::size_t colon = credential.find(':');
  if (colon == std::string_view::npos) return refuse(Refusal::invalid_authentication_info);
  const std::string_view name = credential.substr(0, colon);
  const std::string_view signature = credential.substr(colon + 1);
  TRY(check_date(request.headers, now));
  if (name != account.name)
    return not_authentic("The account of the credential is not known here.");
  const std::string text = shared_key_string(request.method, request.headers, target);
  if (!equal_secrets(base64_encode(hmac_sha256(account.key, text)), signature)) {
    return not_authentic("The MAC signature found in the HTTP request '" + std::string(signature) +
                         "' is not the same as any computed signature. Server used following "
                         "string to sign: '" +
                         text + "'.");
  }
  return Authority{};
}

/// Blobs are read and no more; of a container that is public itself, also its properties and lists.
bool is_public(const Container* container, const Access& access) {
  if (container == nullptr || container->public_access == PublicAccess::none) return false;
  if (access.permissions == "r" && access.on == Access::On::object) return true;
  return container->public_access == PublicAccess::container &&
         access.on == Access::On::container && access.is_public;
}

}  // namespace

Outcome<Authority> authenticate_bearer(const Account& account, std::string_view authorization) {
  constexpr std::string_view kBearer = "Bearer ";
  if (!authorization.starts_with(kBearer)) return refuse(Refusal::invalid_authentication_info);
  if (account.tokens == nullptr) return not_authentic("The account takes no bearer tokens.");
  const auto verdict =
      account.tokens->verify(authorization.substr(kBearer.size()), identity::kStorageAudience);
  if (verdict == identity::TokenIssuer::Verdict::valid) {
    return Authority{.kind = Authority::Kind::bearer, .who = std::string(identity::kPrincipalId)};
  }
  // Unlike a malformed Shared Key, which is 400.
  ServiceError error = make_error(Refusal::invalid_authentication_info);
  error.status = 401;
  error.details.emplace_back("AuthenticationErrorDetail", identity::explain(verdict));
  add_challenge(error);
  return refuse(std::move(error));
}

Outcome<Authority> authenticate(const Account& account, const http::Request& request,
                                const Target& target, const Access& access, Seconds now,
                                const Container* container) {
  constexpr std::string_view kSharedKey = "SharedKey ";
  const auto authorization = request.headers.find("Authorization");
  if (request.headers.count("Authorization") > 1) {
    return refuse(Refusal::invalid_authentication_info);
  }
  if (authorization) {
    if (authorization->starts_with("Bearer ")) {
      const Authority user = TRY(authenticate_bearer(account, *authorization));
      if (!target.query.contains("sduoid")) return user;
      return authenticate_sas(account, target, access, peer_of(request, user.who), now, container);
    }
    if (!authorization->starts_with(kSharedKey)) {
      return not_authentic("The emulator takes the schemes SharedKey, Bearer and SAS only.");
    }
    return authenticate_shared_key(account, request, target,
                                   authorization->substr(kSharedKey.size()), now);
  }
  if (target.query.contains("sig")) {
    return authenticate_sas(account, target, access, peer_of(request), now, container);
  }
  if (is_public(container, access)) {
    return Authority{.kind = Authority::Kind::anonymous,
                     .permissions = std::string(access.permissions)};
  }
  ServiceError error = make_error(Refusal::no_authentication_information);
  add_challenge(error);
  return refuse(std::move(error));
}

}  // namespace aloft::emulator::blob
