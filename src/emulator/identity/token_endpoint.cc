// SPDX-License-Identifier: Apache-2.0
#include "emulator/identity/token_endpoint.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "emulator/identity/json_response.h"
#include "emulator/wire/digest.h"
#include "emulator/wire/query.h"
#include "emulator/wire/uuid.h"

namespace aloft::emulator::identity {

namespace {

constexpr std::uint64_t kFormBytesMax = std::uint64_t{64} << 10;
constexpr std::string_view kDefaultScope = "/.default";

std::string tenant_path() {
  return "/" + std::string(kTenantId) + "/";
}

tl::unexpected<ServiceError> refuse_token(int status, std::string code, std::string message) {
  return refuse({.status = status, .code = std::move(code), .message = std::move(message)});
}

Outcome<Query> read_form(http::Request& request) {
  if (!request.headers.get("Content-Type").starts_with("application/x-www-form-urlencoded")) {
    return refuse_token(400, "invalid_request",
                        "AADSTS900144: The request body is not application/x-www-form-urlencoded.");
  }
  const auto length = request.body.length_bytes();
  std::string text(static_cast<std::size_t>(std::min(length.value_or(0), kFormBytesMax)), '\0');
  const auto got = request.body.read_full(std::as_writable_bytes(std::span(text)));
  std::ranges::replace(text, '+', ' ');
  auto form = got ? parse_query(text) : std::nullopt;
  if (!form) return refuse_token(400, "invalid_request", "AADSTS90014: The form is malformed.");
  return std::move(*form);
}

/// The service that the scope names: "https://storage.azure.com/.default".
Outcome<std::string> resource_of(const Query& form) {
  const std::string_view scope = form.get("scope");
  if (!scope.ends_with(kDefaultScope)) {
    return refuse_token(400, "invalid_scope",
                        "AADSTS1002012: The provided value for scope " + std::string(scope) +
                            " is not valid. Client credential flows must have a scope value with "
                            "/.default suffixed to the resource identifier.");
  }
  std::string resource(scope.substr(0, scope.size() - kDefaultScope.size()));
  if (is_known_resource(resource)) return resource;
  return refuse_token(400, "invalid_resource",
                      "AADSTS500011: The resource principal named " + resource +
                          " was not found in the tenant named " + std::string(kTenantId));
}

Outcome<void> check_client(const Query& form, std::string_view client_secret) {
  if (form.get("grant_type") != "client_credentials") {
    return refuse_token(400, "unsupported_grant_type",
                        "AADSTS70003: The emulator has the grant type client_credentials only.");
  }
  if (lower_case(form.get("client_id")) != kClientId) {
    return refuse_token(400, "unauthorized_client",
                        "AADSTS700016: Application with identifier '" +
                            std::string(form.get("client_id")) +
                            "' was not found in the directory.");
  }
  if (form.contains("client_assertion")) {
    return refuse_token(401, "invalid_client",
                        "AADSTS700027: The emulator knows no certificate of the application: use "
                        "its client secret.");
  }
  if (!equal_secrets(form.get("client_secret"), client_secret)) {
    return refuse_token(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.");
  }
  return {};
}

http::Response discovery(const std::string& url) {
  const std::string tenant = url + "/" + std::string(kTenantId);
  return json_response(200, {{"issuer", tenant + "/v2.0"},
                             {"authorization_endpoint", tenant + "/oauth2/v2.0/authorize"},
                             {"token_endpoint", tenant + "/oauth2/v2.0/token"},
                             {"jwks_uri", tenant + "/discovery/v2.0/keys"},
                             {"token_endpoint_auth_methods_supported", {"client_secret_post"}},
                             {"response_types_supported", {"token"}},
                             {"subject_types_supported", {"pairwise"}},
                             {"id_token_signing_alg_values_supported", {"HS256"}}});
}

http::Response error_response(const ServiceError& error) {
  // Clients read the number of "AADSTS123: …" from error_codes.
  const std::string number = error.message.substr(6, error.message.find(':') - 6);
  return json_response(error.status, {{"error", error.code},
                                      {"error_description", error.message},
                                      {"error_codes", {std::strtoll(number.c_str(), nullptr, 10)}},
                                      {"trace_id", make_uuid()},
                                      {"correlation_id", make_uuid()}});
}

}  // namespace

bool is_known_resource(std::string_view resource) {
  constexpr std::string_view kResources[] = {kStorageAudience, "https://batch.core.windows.net",
                                             "https://management.azure.com",
                                             "https://management.core.windows.net"};
  return std::ranges::find(kResources, bare_audience(resource)) != std::end(kResources);
}

bool TokenEndpoint::has(std::string_view path) {
  return path.starts_with(tenant_path());
}

http::Response TokenEndpoint::handle(http::Request& request, const std::string& url) const {
  const std::string_view path =
      std::string_view(request.target).substr(0, request.target.find('?'));
  const std::string_view below = path.substr(tenant_path().size());
  if (below == "v2.0/.well-known/openid-configuration" && request.method == http::Method::get) {
    return discovery(url);
  }
  Outcome<http::Response> given = [&]() -> Outcome<http::Response> {
    if (below == "oauth2/v2.0/token" && request.method == http::Method::post) {
      return give_token(request);
    }
    return refuse_token(404, "invalid_request", "AADSTS90002: The emulator has no such endpoint.");
  }();
  return given ? std::move(*given) : error_response(given.error());
}

Outcome<http::Response> TokenEndpoint::give_token(http::Request& request) const {
  const Query form = TRY(read_form(request));
  TRY(check_client(form, client_secret_));
  const std::string resource = TRY(resource_of(form));
  const Token token = issuer_.issue(resource);
  const auto lifetime_s = (token.expires - token.not_before).count();
  return json_response(200, {{"token_type", "Bearer"},
                             {"expires_in", lifetime_s},
                             {"ext_expires_in", lifetime_s},
                             {"access_token", token.text}});
}

}  // namespace aloft::emulator::identity
