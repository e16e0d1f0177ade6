// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "azure/account.h"
#include "azure/internal/settings.h"
#include "azure/machine.h"
#include "base/directories.h"
#include "base/result.h"

namespace aloft::azure::internal {

/// What a table of the accounts file may say about identities and connections; empty where it does
/// not.
struct IdentitySettings {
  std::string credential{};
  std::string tenant{};
  std::string client_id{};
  std::string client_secret{};
  std::string certificate{};
  std::string certificate_password{};
  std::string token_file{};
  std::string authority{};
  std::string authorities_file{};
  std::string proxy{};

  /// For read_settings(); valid while this lives.
  std::vector<Setting> by_name();
};

/// Fails with invalid_argument, with `origin` in front, for settings that do not belong to the kind
/// of credential.
Result<void> check_settings(const IdentitySettings& settings, const std::string& origin);

/// The identities that `credential` means. Fails with invalid_argument, with `origin` in front, for
/// what cannot be meant: settings that are missing or not known.
Result<Identities> identities_of(const IdentitySettings& settings, const std::string& origin,
                                 const EnvironmentLookup& environment, const Machine& machine);

/// The identities of the surroundings, in the order that docs/guide/credentials.md promises; empty
/// where there are none.
Identities identities_around(const EnvironmentLookup& environment, const Machine& machine);

/// Fails with invalid_argument for a proxy that is neither "none" nor "environment".
Result<Connection> connection_of(const IdentitySettings& settings, const std::string& origin);

/// Fails with invalid_argument for an endpoint that must not see the tokens of identities.
Result<void> check_endpoint(const ServiceEndpoint& endpoint, const std::string& origin);

}  // namespace aloft::azure::internal
