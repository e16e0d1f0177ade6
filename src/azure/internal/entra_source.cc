// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/entra_source.h"

#include <fmt/core.h>

#include <algorithm>

#include "azure/account.h"
#include "azure/encoding.h"
#include "azure/internal/client_assertion.h"
#include "azure/internal/token_answer.h"
#include "azure/service_error.h"
#include "base/file.h"

namespace aloft::azure::internal {
namespace {

/// Errors of Entra ID that somebody can do something about:
/// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
struct Remedy {
  std::string_view code;
  std::string_view words;
};
constexpr Remedy kRemedies[] = {
    {"AADSTS7000215", "give the client secret's value, not its id"},
    {"AADSTS7000222", "the client secret has expired: make another one"},
    {"AADSTS7000112", "the application is disabled: have it enabled"},
    {"AADSTS700016", "the tenant has no such application: correct client id or tenant"},
    {"AADSTS90002", "there is no such tenant: correct it"},
    {"AADSTS900023", "there is no such tenant: correct it"},
    {"AADSTS700027", "add this certificate to the application's certificates"},
    {"AADSTS700024", "the assertion is not of this time: correct this machine's clock"},
    {"AADSTS70021", "add a federated credential with this issuer, subject and audience"},
    {"AADSTS700211", "the application's federated credential has another issuer: correct it"},
    {"AADSTS700212", "the application's federated credential has another audience: correct it"},
    {"AADSTS700213", "the application's federated credential has another subject: correct it"},
    {"AADSTS53003", "a rule of conditional access forbids it: ask the tenant's administrator"}};

constexpr std::string_view kUsualRemedy =
    "correct tenant, client id and secret, certificate or federated credential";

/// "AADSTS7000215" of "AADSTS7000215: Invalid client secret provided."
std::string_view code_of(std::string_view words) {
  const std::size_t at = words.find("AADSTS");
  if (at == std::string_view::npos) return {};
  const std::size_t end = words.find_first_not_of("0123456789", at + 6);
  return words.substr(at, end == std::string_view::npos ? end : end - at);
}

std::string_view remedy_of(std::string_view words) {
  const auto found = std::ranges::find(kRemedies, code_of(words), &Remedy::code);
  return found == std::end(kRemedies) ? kUsualRemedy : found->words;
}

template <class T>
const T& part_of(const std::variant<ServicePrincipal, WorkloadIdentity>& identity,
                 T ServicePrincipal::*of_principal, T WorkloadIdentity::*of_workload) {
  const auto* const principal = std::get_if<ServicePrincipal>(&identity);
  return principal != nullptr ? principal->*of_principal
                              : std::get<WorkloadIdentity>(identity).*of_workload;
}

std::string parameter(std::string_view name, std::string_view value) {
  return fmt::format("&{}={}", name, encode_query_value(value));
}

std::string assertion_parameters(std::string_view assertion) {
  return parameter("client_assertion_type",
                   "urn:ietf:params:oauth:client-assertion-type:jwt-bearer") +
         parameter("client_assertion", assertion);
}

Result<std::string> read_token_file(const std::string& file) {
  constexpr std::size_t kBytesMax = 64u << 10;
  std::string text = TRY(read_file(file, kBytesMax));
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with(' ')) text.pop_back();
  if (!text.empty()) return text;
  return fail(ErrorCode::invalid_argument,
              fmt::format("the token file {} of the workload identity is empty", file));
}

/// The tenant becomes part of a URL that secrets are sent to.
Result<void> check_tenant(const std::string& tenant) {
  const bool fit = !tenant.empty() && std::ranges::all_of(tenant, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
  if (fit && tenant != "." && tenant != "..") return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("\"{}\" is no tenant: write its id or its domain", for_people(tenant)));
}

/// Batch's REST definition (2025-06-01) names the scope with two slashes: the resource's own and
/// one behind it.
std::string scope_of(std::string_view resource) {
  return std::string(resource) + (resource == kBatchResource ? "/.default" : ".default");
}

}  // namespace

EntraSource::EntraSource(std::variant<ServicePrincipal, WorkloadIdentity> identity,
                         std::string_view resource, const TokenSourceOptions& options)
    : identity_(std::move(identity)),
      authority_(part_of(identity_, &ServicePrincipal::authority, &WorkloadIdentity::authority)),
      tenant_(part_of(identity_, &ServicePrincipal::tenant, &WorkloadIdentity::tenant)),
      client_id_(part_of(identity_, &ServicePrincipal::client_id, &WorkloadIdentity::client_id)),
      scope_(scope_of(resource)),
      clock_(*options.clock),
      random_(*options.random),
      client_({.authorities_file = authority_.authorities_file}) {}

std::string EntraSource::name() const {
  return std::visit([](const auto& identity) { return name_of(Identity(identity)); }, identity_);
}

Result<std::string> EntraSource::proof(const std::string& token_url) const {
  if (const auto* const workload = std::get_if<WorkloadIdentity>(&identity_)) {
    return assertion_parameters(TRY(read_token_file(workload->token_file)));
  }
  const auto& principal = std::get<ServicePrincipal>(identity_);
  if (!principal.secret.empty()) return parameter("client_secret", principal.secret);
  const AssertionClaims claims{
      .audience = token_url, .client_id = client_id_, .now = clock_.wall_now()};
  return assertion_parameters(TRY(make_client_assertion(
      principal.certificate_file, principal.certificate_password, claims, random_)));
}

tl::unexpected<Error> EntraSource::refused(const http::Answer& answer,
                                           const std::string& token_url) const {
  const auto* const principal = std::get_if<ServicePrincipal>(&identity_);
  const std::string words =
      refusal_words(answer, principal == nullptr ? std::string_view() : principal->secret);
  Error error{.code = meaning_of_status(answer.status).code,
              .message = fmt::format("{} gives no token for {} ({}{}{})", token_url, name(),
                                     answer.status, words.empty() ? "" : ": ", words),
              .request_id = for_people(member_text(answer.text, "trace_id")),
              .retry_after = retry_after(answer.headers)};
  if (error.code == ErrorCode::unavailable || error.code == ErrorCode::throttled) {
    return fail(std::move(error));
  }
  // Entra ID refuses whom it does not know by 400 and by 401.
  error.code = ErrorCode::permission_denied;
  error.message += fmt::format("; {}", remedy_of(words));
  return fail(std::move(error));
}

Result<std::string> EntraSource::form(const std::string& token_url) const {
  auto proven = proof(token_url);
  if (!proven) {
    proven.error().message = fmt::format("no token for {}: {}", name(), proven.error().message);
    return proven;
  }
  return "grant_type=client_credentials" + parameter("client_id", client_id_) +
         parameter("scope", scope_) + *proven;
}

Result<AccessToken> EntraSource::request(const Limits& limits) {
  TRY(check_tenant(tenant_));
  const ServiceEndpoint authority = TRY(parse_service_endpoint(authority_.url));
  if (!may_carry_tokens(authority.server)) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is asked for tokens over https only, not at {}; correct "
                            "AZURE_AUTHORITY_HOST or the authority in the accounts file",
                            name(), authority_.url));
  }
  http::Exchange exchange;
  exchange.endpoint = authority.server;
  exchange.method = http::Method::post;
  exchange.target = fmt::format("{}/{}/oauth2/v2.0/token", authority.base_path, tenant_);
  exchange.headers.add("Content-Type", "application/x-www-form-urlencoded");
  exchange.headers.add("Accept", "application/json");
  const std::string token_url = http::to_string(authority.server) + exchange.target;
  const std::string body = TRY(form(token_url));
  exchange.body = std::as_bytes(std::span(body));
  const auto asked_at = clock_.wall_now();
  if (const auto performed = client_.perform(exchange, limits); !performed) {
    return fail(performed.error().code,
                fmt::format("no token for {}: {}", name(), performed.error().message));
  }
  if (exchange.answer.status != 200) return refused(exchange.answer, token_url);
  return parse_token(exchange.answer.text, asked_at, token_url, name());
}

}  // namespace aloft::azure::internal
