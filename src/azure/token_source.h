// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "azure/identity.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/result.h"
#include "process/process.h"

namespace aloft::azure {

// What tokens are asked for.
inline constexpr std::string_view kStorageResource = "https://storage.azure.com/";
inline constexpr std::string_view kBatchResource = "https://batch.core.windows.net/";

struct AccessToken {
  std::string text;  ///< A secret, never to be logged.
  std::chrono::system_clock::time_point expires;
};

/// Asks for the tokens of one identity for one resource; keeps none: see TokenCache. Safe from many
/// threads at once.
class TokenSource {
 public:
  virtual ~TokenSource() = default;

  /// Whose tokens they are, for messages: "the service principal 1234 of the tenant contoso".
  virtual std::string name() const = 0;

  /// A new token, by one attempt. Fails with unavailable or throttled where a repeat may help; with
  /// permission_denied where the identity is refused or is not there; with not_found where a file
  /// or a program that it needs is missing; invalid_argument for settings that cannot be right;
  /// corrupt where the answer makes no sense; and as Limits::check() does. Errors say whom it asked
  /// for what and what to do, and never hold a secret or a token.
  virtual Result<AccessToken> request(const Limits& limits) = 0;
};

/// These outlive the sources that are made with them.
struct TokenSourceOptions {
  Clock* clock = &system_clock();
  Random* random = &system_random();
  ProcessRunner* processes = &system_process_runner();
};

/// Entra ID is asked as https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-
/// grant-flow says, by certificates as .../certificate-credentials says; the metadata service as
/// https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
/// says; az by `az account get-access-token`.
///
/// Of several identities the first that gives a token is used, and stays in use. The next one is
/// asked only where one is not there (permission_denied, not_found): a passing fault does not
/// change as whom somebody acts.
std::unique_ptr<TokenSource> make_token_source(const Identities& identities,
                                               std::string_view resource,
                                               const TokenSourceOptions& options = {});

}  // namespace aloft::azure
