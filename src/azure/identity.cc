// SPDX-License-Identifier: Apache-2.0
#include "azure/identity.h"

#include <fmt/core.h>

namespace aloft::azure {
namespace {

struct Kind {
  std::string operator()(const ServicePrincipal& principal) const {
    return principal.secret.empty() ? "service principal (certificate)"
                                    : "service principal (secret)";
  }
  std::string operator()(const WorkloadIdentity&) const { return "workload identity"; }
  std::string operator()(const ManagedIdentity&) const { return "managed identity"; }
  std::string operator()(const AzureCli&) const { return "azure-cli"; }
};

struct Name {
  std::string operator()(const ServicePrincipal& principal) const {
    return fmt::format("the service principal {} of the tenant {}", principal.client_id,
                       principal.tenant);
  }
  std::string operator()(const WorkloadIdentity& identity) const {
    return fmt::format("the workload identity {} of the tenant {}", identity.client_id,
                       identity.tenant);
  }
  std::string operator()(const ManagedIdentity& identity) const {
    return identity.client_id.empty()
               ? std::string("the machine's managed identity")
               : fmt::format("the managed identity with client_id {}", identity.client_id);
  }
  std::string operator()(const AzureCli& cli) const {
    return cli.tenant.empty()
               ? std::string("who is signed in with az")
               : fmt::format("who is signed in with az to the tenant {}", cli.tenant);
  }
};

}  // namespace

std::string kind_of(const Identity& identity) {
  return std::visit(Kind{}, identity);
}

std::string name_of(const Identity& identity) {
  return std::visit(Name{}, identity);
}

std::string kind_of(const Identities& identities) {
  std::string kinds;
  for (const Identity& identity : identities.in_order) {
    if (!kinds.empty()) kinds += " or ";
    kinds += kind_of(identity);
  }
  return kinds;
}

}  // namespace aloft::azure
