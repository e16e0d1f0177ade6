// SPDX-License-Identifier: Apache-2.0
#include "emulator/identity/identity_server.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "emulator/identity/json_response.h"
#include "emulator/wire/digest.h"
#include "emulator/wire/query.h"

namespace aloft::emulator::identity {

namespace {

constexpr std::string_view kMetadataPath = "/metadata/identity/oauth2/token";
constexpr std::string_view kMetadataVersion = "2018-02-01";
constexpr std::string_view kAppServicePath = "/msi/token";
constexpr std::string_view kAppServiceVersion = "2019-08-01";

tl::unexpected<ServiceError> refuse_request(std::string message, int status = 400) {
  return refuse({.status = status, .code = "invalid_request", .message = std::move(message)});
}

/// Both protocols name an identity by any of these; without one the only one is meant.
Outcome<void> check_identity(const Query& query) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"client_id", kClientId},
      {"object_id", kPrincipalId},
      {"principal_id", kPrincipalId},
      {"msi_res_id", kResourceId},
      {"mi_res_id", kResourceId}};
  for (const auto& [name, value] : kNames) {
    const auto given = query.find(name);
    if (given && lower_case(*given) != lower_case(value)) {
      return refuse_request("Identity not found");
    }
  }
  return {};
}

Outcome<void> check_version(const Query& query, std::string_view version) {
  const std::string_view given = query.get("api-version");
  if (given == version) return {};
  if (given.empty()) return refuse_request("Required query variable 'api-version' not specified");
  return refuse_request("api-version is invalid; the emulator has " + std::string(version));
}

/// As the client spells it.
Outcome<std::string> resource_of(const Query& query) {
  const std::string_view resource = query.get("resource");
  if (resource.empty()) {
    return refuse_request("Required query variable 'resource' is missing");
  }
  if (!is_known_resource(resource)) {
    return refuse({.status = 400,
                   .code = "invalid_resource",
                   .message = "AADSTS500011: The resource principal named " +
                              std::string(resource) + " was not found in the tenant named " +
                              std::string(kTenantId)});
  }
  return std::string(resource);
}

Outcome<void> check_metadata_fields(const http::Headers& headers) {
  if (!http::equal_ignoring_case(headers.get("Metadata"), "true")) {
    return refuse_request("Required metadata header not specified");
  }
  // A request that came by a proxy may come from anywhere.
  if (headers.contains("X-Forwarded-For")) {
    return refuse_request("The X-Forwarded-For header is not allowed");
  }
  return {};
}

/// Numbers are texts, as both protocols have them.
nlohmann::ordered_json document_of(const Token& token, const std::string& resource) {
  const auto text = [](auto time) { return std::to_string(time.count()); };
  return {{"access_token", token.text},
          {"client_id", kClientId},
          {"expires_in", text(token.expires - token.not_before)},
          {"expires_on", text(token.expires.time_since_epoch())},
          {"not_before", text(token.not_before.time_since_epoch())},
          {"resource", resource},
          {"token_type", "Bearer"}};
}

/// Checks what both protocols have in common and gives the token's audience.
Outcome<std::string> audience_of(const http::Request& request, std::string_view query_text,
                                 std::string_view version) {
  if (request.method != http::Method::get) return refuse_request("Method not allowed", 405);
  const auto query = parse_query(query_text);
  if (!query) return refuse_request("a query parameter is not encoded properly");
  TRY(check_version(*query, version));
  TRY(check_identity(*query));
  return resource_of(*query);
}

}  // namespace

Result<std::unique_ptr<IdentityServer>> IdentityServer::start(const TokenIssuer& issuer,
                                                              Random& random) {
  std::unique_ptr<IdentityServer> server(new IdentityServer(issuer, random));
  server->server_ = TRY(http::Server::start(
      {}, [self = server.get()](http::Request& request) { return self->handle(request); }));
  return server;
}

Outcome<std::string> IdentityServer::admit(const http::Request& request) const {
  const std::string_view target = request.target;
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, question);
  const std::string_view query = target.substr(std::min(question + 1, target.size()));
  if (path == kAppServicePath) {
    if (equal_secrets(request.headers.get("X-IDENTITY-HEADER"), secret_)) {
      return audience_of(request, query, kAppServiceVersion);
    }
    return refuse({.status = 401,
                   .code = "unauthorized_client",
                   .message = "X-IDENTITY-HEADER is not the value of IDENTITY_HEADER"});
  }
  if (!equal_secrets(path, "/" + secret_ + std::string(kMetadataPath))) {
    return refuse({.status = 404, .code = "not_found", .message = "Not found"});
  }
  TRY(check_metadata_fields(request.headers));
  return audience_of(request, query, kMetadataVersion);
}

http::Response IdentityServer::handle(http::Request& request) const {
  if (TokenEndpoint::has(request.target)) return applications_.handle(request, url());
  const Outcome<std::string> audience = admit(request);
  if (audience) return json_response(200, document_of(issuer_.issue(*audience), *audience));
  const ServiceError& error = audience.error();
  return json_response(error.status, {{"error", error.code}, {"error_description", error.message}});
}

std::string IdentityServer::url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port());
}

std::vector<std::pair<std::string, std::string>> IdentityServer::service_principal() const {
  return {{"authority_host", url()},
          {"tenant_id", std::string(kTenantId)},
          {"client_id", std::string(kClientId)},
          {"client_secret", applications_.client_secret()}};
}

std::vector<std::pair<std::string, std::string>> IdentityServer::environment() const {
  return {{"AZURE_POD_IDENTITY_AUTHORITY_HOST", url() + "/" + secret_},
          {"IDENTITY_ENDPOINT", url() + std::string(kAppServicePath)},
          {"IDENTITY_HEADER", secret_}};
}

}  // namespace aloft::emulator::identity
