// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "azure/token_source.h"
#include "http/client.h"

namespace aloft::azure::internal {

/// Asks the instance metadata service of the machine.
class ManagedIdentitySource final : public TokenSource {
 public:
  /// `clock` outlives it.
  ManagedIdentitySource(ManagedIdentity identity, std::string_view resource, Clock& clock);

  std::string name() const override { return name_of(Identity(identity_)); }
  Result<AccessToken> request(const Limits& limits) override;

 private:
  const ManagedIdentity identity_;
  const std::string resource_;
  Clock& clock_;
  http::Client client_;
};

}  // namespace aloft::azure::internal
