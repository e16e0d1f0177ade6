// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "azure/token_source.h"
#include "http/client.h"
#include "http/exchange.h"

namespace aloft::azure::internal {

/// Asks Entra ID for the tokens of an application.
class EntraSource final : public TokenSource {
 public:
  /// What is in `options` outlives it.
  EntraSource(std::variant<ServicePrincipal, WorkloadIdentity> identity, std::string_view resource,
              const TokenSourceOptions& options);

  std::string name() const override;
  Result<AccessToken> request(const Limits& limits) override;

 private:
  /// The parameters by which the application proves itself, encoded.
  Result<std::string> proof(const std::string& token_url) const;
  Result<std::string> form(const std::string& token_url) const;
  tl::unexpected<Error> refused(const http::Answer& answer, const std::string& token_url) const;

  const std::variant<ServicePrincipal, WorkloadIdentity> identity_;
  const Authority authority_;
  const std::string tenant_;
  const std::string client_id_;
  const std::string scope_;
  Clock& clock_;
  Random& random_;
  http::Client client_;
};

}  // namespace aloft::azure::internal
