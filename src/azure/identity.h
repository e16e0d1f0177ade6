// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace aloft::azure {

/// Where Entra ID gives tokens.
struct Authority {
  /// A URL; Azure's clouds for China or governments have others.
  std::string url{"https://login.microsoftonline.com"};
  /// Certificate authorities (PEM) to trust there instead of the system's; empty: the system's.
  std::string authorities_file{};

  bool operator==(const Authority&) const = default;
};

/// An application of Entra ID that proves itself by a secret, or by the private key of a
/// certificate that is registered with it.
struct ServicePrincipal {
  Authority authority{};
  std::string tenant{};
  std::string client_id{};
  std::string secret{};                ///< Empty: the certificate is used.
  std::string certificate_file{};      ///< PEM, with its private key; of this user alone.
  std::string certificate_password{};  ///< Of the private key; empty if it has none.

  bool operator==(const ServicePrincipal&) const = default;
};

/// An application that proves itself by a token of another issuer that it trusts, as pods of
/// Kubernetes have one.
struct WorkloadIdentity {
  Authority authority{};
  std::string tenant{};
  std::string client_id{};
  std::string token_file{};  ///< Read for each request, because its owner replaces it.

  bool operator==(const WorkloadIdentity&) const = default;
};

/// The identity that Azure gave to the machine or pool that this runs on: whoever runs there gets
/// tokens for it.
struct ManagedIdentity {
  /// Where the metadata service answers: a URL without a slash at its end.
  std::string authority{"http://169.254.169.254"};
  std::string client_id{};  ///< Which one; empty: the only one that the machine has.

  bool operator==(const ManagedIdentity&) const = default;
};

/// Who is signed in with the az command.
struct AzureCli {
  std::string program{"az"};
  std::string tenant{};  ///< Empty: the one that az has chosen.
  /// By which az finds its sign-in, names and values; the rest it has of this process.
  std::vector<std::pair<std::string, std::string>> variables{};

  bool operator==(const AzureCli&) const = default;
};

using Identity = std::variant<ServicePrincipal, WorkloadIdentity, ManagedIdentity, AzureCli>;

/// Whom to act as: the first of these that is there (see make_token_source()). Holds secrets:
/// never log it.
struct Identities {
  std::vector<Identity> in_order;

  bool operator==(const Identities&) const = default;
};

/// "service principal", "managed identity", …: what `identity` is, for lists.
std::string kind_of(const Identity& identity);
/// "the service principal 1234 of the tenant contoso", without any secret.
std::string name_of(const Identity& identity);
/// The kinds, "managed identity or azure-cli".
std::string kind_of(const Identities& identities);

}  // namespace aloft::azure
