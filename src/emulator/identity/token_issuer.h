// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "emulator/wire/dates.h"

namespace aloft::emulator::identity {

// The one managed identity that the emulator knows: user-assigned, and every pool has it.
inline constexpr std::string_view kTenantId = "00000000-0000-4000-8000-0000000000a1";
inline constexpr std::string_view kClientId = "00000000-0000-4000-8000-0000000000a2";
inline constexpr std::string_view kPrincipalId = "00000000-0000-4000-8000-0000000000a3";
inline constexpr std::string_view kResourceId =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/aloft/providers/"
    "Microsoft.ManagedIdentity/userAssignedIdentities/aloft-emulator";

/// What a token for Azure Storage is made for.
inline constexpr std::string_view kStorageAudience = "https://storage.azure.com";

struct Token {
  std::string text;  ///< A secret.
  Seconds not_before;
  Seconds expires;
};

/// Makes and checks the tokens of that identity: JSON web tokens (RFC 7519) signed with a key of
/// this object's own, so that no token outlives its emulator. Safe from many threads at once.
class TokenIssuer {
 public:
  /// `clock` outlives it.
  explicit TokenIssuer(Clock& clock = system_clock(), Random& random = system_random(),
                       std::chrono::seconds lifetime = std::chrono::hours(24));

  Token issue(std::string_view audience) const;

  enum class Verdict { valid, malformed, forged, expired, other_audience };
  /// Audiences are compared without slashes at their ends, as Azure's services do.
  Verdict verify(std::string_view token, std::string_view audience) const;

 private:
  Seconds now() const;

  Clock& clock_;
  const std::chrono::seconds lifetime_;
  std::string key_;
};

/// In the words of Azure's services; empty for a valid token.
std::string_view explain(TokenIssuer::Verdict verdict);

/// Without slashes at its end.
std::string_view bare_audience(std::string_view audience);

}  // namespace aloft::emulator::identity
