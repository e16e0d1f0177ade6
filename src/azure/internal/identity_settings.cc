// SPDX-License-Identifier: Apache-2.0
#include "azure/internal/identity_settings.h"

#include <fmt/core.h>

#include <algorithm>

#include "process/process.h"

namespace aloft::azure::internal {
namespace {

tl::unexpected<Error> wrong(const std::string& origin, std::string_view why) {
  return fail(ErrorCode::invalid_argument, fmt::format("{}: {}", origin, why));
}

std::string or_else(const std::string& value, std::string_view otherwise) {
  return value.empty() ? std::string(otherwise) : value;
}

/// Where the table names an authority, its certificate authorities are that one's, too.
Authority authority_of(const IdentitySettings& settings, const EnvironmentLookup& environment) {
  if (!settings.authority.empty()) {
    return {.url = settings.authority, .authorities_file = settings.authorities_file};
  }
  Authority authority;
  authority.url =
      or_else(std::string(value_of(environment, "AZURE_AUTHORITY_HOST")), authority.url);
  // The variable is documented as a host, and mostly set to a URL.
  if (authority.url.find("://") == std::string::npos) authority.url.insert(0, "https://");
  return authority;
}

ManagedIdentity managed_identity(std::string client_id, const EnvironmentLookup& environment) {
  ManagedIdentity identity{.client_id = std::move(client_id)};
  const auto authority = value_of(environment, "AZURE_POD_IDENTITY_AUTHORITY_HOST");
  if (!authority.empty()) identity.authority = authority;
  return identity;
}

/// As its user would start it: a process that serves several has another environment.
AzureCli azure_cli(std::string tenant, const EnvironmentLookup& environment) {
  AzureCli cli{.tenant = std::move(tenant)};
  for (const char* name : {"AZURE_CONFIG_DIR", "HOME", "PATH"}) {
    if (const char* value = environment(name)) cli.variables.emplace_back(name, value);
  }
  return cli;
}

struct Wanted {
  std::string_view name;
  const std::string& value;
};

/// Fails where one of them is missing.
Result<void> want(std::initializer_list<Wanted> wanted, std::string_view credential,
                  const std::string& origin) {
  for (const auto& [name, value] : wanted) {
    if (value.empty()) {
      return wrong(origin, fmt::format("credential = \"{}\" needs {}; add it", credential, name));
    }
  }
  return {};
}

Result<Identity> service_principal(const IdentitySettings& settings, const std::string& origin,
                                   const EnvironmentLookup& environment) {
  TRY(want({{"tenant", settings.tenant}, {"client_id", settings.client_id}}, settings.credential,
           origin));
  if (settings.client_secret.empty() == settings.certificate.empty()) {
    return wrong(origin,
                 "credential = \"service-principal\" needs either client_secret or certificate");
  }
  return ServicePrincipal{.authority = authority_of(settings, environment),
                          .tenant = settings.tenant,
                          .client_id = settings.client_id,
                          .secret = settings.client_secret,
                          .certificate_file = settings.certificate,
                          .certificate_password = settings.certificate_password};
}

/// What the table does not say, the variables say that Kubernetes sets for a pod.
Result<Identity> workload_identity(const IdentitySettings& settings, const std::string& origin,
                                   const EnvironmentLookup& environment) {
  const auto either = [&](const std::string& setting, const char* variable) {
    return or_else(setting, value_of(environment, variable));
  };
  WorkloadIdentity identity{
      .authority = authority_of(settings, environment),
      .tenant = either(settings.tenant, "AZURE_TENANT_ID"),
      .client_id = either(settings.client_id, "AZURE_CLIENT_ID"),
      .token_file = either(settings.token_file, "AZURE_FEDERATED_TOKEN_FILE")};
  TRY(want({{"tenant or AZURE_TENANT_ID", identity.tenant},
            {"client_id or AZURE_CLIENT_ID", identity.client_id},
            {"token_file or AZURE_FEDERATED_TOKEN_FILE", identity.token_file}},
           settings.credential, origin));
  return identity;
}

Result<Identity> identity_of(const IdentitySettings& settings, const std::string& origin,
                             const EnvironmentLookup& environment) {
  if (settings.credential == "service-principal") {
    return service_principal(settings, origin, environment);
  }
  if (settings.credential == "workload-identity") {
    return workload_identity(settings, origin, environment);
  }
  if (settings.credential == "managed-identity") {
    return managed_identity(settings.client_id, environment);
  }
  if (settings.credential == "azure-cli") return azure_cli(settings.tenant, environment);
  return wrong(origin,
               fmt::format("credential is service-principal, workload-identity, managed-identity, "
                           "azure-cli or default; \"{}\" is not known",
                           settings.credential));
}

/// Of the variables that Azure's own clients know, too. Nothing where they are not set.
std::optional<Identity> identity_of_variables(const EnvironmentLookup& environment) {
  const auto text = [&](const char* name) { return std::string(value_of(environment, name)); };
  const std::string tenant = text("AZURE_TENANT_ID"), client_id = text("AZURE_CLIENT_ID");
  if (tenant.empty() || client_id.empty()) return std::nullopt;
  const Authority authority = authority_of({}, environment);
  ServicePrincipal principal{.authority = authority,
                             .tenant = tenant,
                             .client_id = client_id,
                             .secret = text("AZURE_CLIENT_SECRET")};
  if (!principal.secret.empty()) return principal;
  principal.certificate_file = text("AZURE_CLIENT_CERTIFICATE_PATH");
  principal.certificate_password = text("AZURE_CLIENT_CERTIFICATE_PASSWORD");
  if (!principal.certificate_file.empty()) return principal;
  const std::string token_file = text("AZURE_FEDERATED_TOKEN_FILE");
  if (token_file.empty()) return std::nullopt;
  return WorkloadIdentity{
      .authority = authority, .tenant = tenant, .client_id = client_id, .token_file = token_file};
}

}  // namespace

std::vector<Setting> IdentitySettings::by_name() {
  return {{"credential", &credential},
          {"tenant", &tenant},
          {"client_id", &client_id},
          {"client_secret", &client_secret},
          {"certificate", &certificate},
          {"certificate_password", &certificate_password},
          {"token_file", &token_file},
          {"authority", &authority},
          {"authorities_file", &authorities_file},
          {"proxy", &proxy}};
}

Result<void> check_settings(const IdentitySettings& settings, const std::string& origin) {
  const auto is = [&](std::initializer_list<std::string_view> kinds) {
    return std::ranges::find(kinds, settings.credential) != kinds.end();
  };
  const struct {
    std::string_view name;
    const std::string& value;
    bool belongs;
  } settings_of_some[] = {
      {"tenant", settings.tenant, is({"service-principal", "workload-identity", "azure-cli"})},
      {"client_id", settings.client_id,
       is({"service-principal", "workload-identity", "managed-identity"})},
      {"client_secret", settings.client_secret, is({"service-principal"})},
      {"certificate", settings.certificate, is({"service-principal"})},
      {"certificate_password", settings.certificate_password, is({"service-principal"})},
      {"token_file", settings.token_file, is({"workload-identity"})},
      {"authority", settings.authority, is({"service-principal", "workload-identity"})}};
  for (const auto& [name, value, belongs] : settings_of_some) {
    if (value.empty() || belongs) continue;
    if (settings.credential.empty()) {
      return wrong(origin, fmt::format("{} is of identities; add credential, or remove it", name));
    }
    return wrong(origin, fmt::format("{} does not belong to credential = \"{}\"; remove it", name,
                                     settings.credential));
  }
  return {};
}

Result<Identities> identities_of(const IdentitySettings& settings, const std::string& origin,
                                 const EnvironmentLookup& environment, const Machine& machine) {
  if (settings.credential == "default") {
    Identities identities = identities_around(environment, machine);
    if (!identities.in_order.empty()) return identities;
    return wrong(origin,
                 "credential = \"default\", and there is no identity: set AZURE_TENANT_ID, "
                 "AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or sign in: az login");
  }
  Identity identity = TRY(identity_of(settings, origin, environment));
  Identities identities;
  identities.in_order.push_back(std::move(identity));
  return identities;
}

Identities identities_around(const EnvironmentLookup& environment, const Machine& machine) {
  if (auto identity = identity_of_variables(environment)) {
    // Who sets these means this identity and no other.
    return {.in_order = {std::move(*identity)}};
  }
  Identities identities;
  ManagedIdentity managed =
      managed_identity(std::string(value_of(environment, "AZURE_CLIENT_ID")), environment);
  const bool is_named = !value_of(environment, "AZURE_POD_IDENTITY_AUTHORITY_HOST").empty();
  if (is_named || machine.is_of_azure()) identities.in_order.emplace_back(std::move(managed));
  const auto az = find_program("az", std::string(value_of(environment, "PATH")));
  // A program of the directory that somebody happens to be in is not the user's az.
  if (az && az->starts_with('/')) {
    AzureCli cli = azure_cli("", environment);
    cli.program = *az;
    identities.in_order.emplace_back(std::move(cli));
  }
  return identities;
}

Result<Connection> connection_of(const IdentitySettings& settings, const std::string& origin) {
  if (!settings.proxy.empty() && settings.proxy != "none" && settings.proxy != "environment") {
    return wrong(origin,
                 "proxy is \"none\" or \"environment\", which is usual; name a proxy in the "
                 "variable https_proxy");
  }
  return Connection{.authorities_file = settings.authorities_file,
                    .use_proxies = settings.proxy != "none"};
}

Result<void> check_endpoint(const ServiceEndpoint& endpoint, const std::string& origin) {
  if (may_carry_tokens(endpoint.server)) return {};
  return wrong(origin, fmt::format("an identity's tokens are sent over https only; correct the "
                                   "endpoint {}",
                                   to_string(endpoint)));
}

}  // namespace aloft::azure::internal
