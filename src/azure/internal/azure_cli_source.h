// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "azure/token_source.h"

namespace aloft::azure::internal {

/// Asks the az command, which keeps the sign-in of a person or an application.
class AzureCliSource final : public TokenSource {
 public:
  /// What is in `options` outlives it.
  AzureCliSource(AzureCli cli, std::string_view resource, const TokenSourceOptions& options);

  std::string name() const override { return name_of(Identity(cli_)); }
  Result<AccessToken> request(const Limits& limits) override;

 private:
  /// How it ended and what it wrote.
  struct Outcome {
    int code = 0;  ///< As a shell gives it.
    std::string output{};
    std::string messages{};
  };
  Result<Outcome> run(const Limits& limits) const;

  const AzureCli cli_;
  const std::string resource_;
  ProcessRunner& processes_;
};

/// When the token of az's answer ends: "expires_on" in seconds since 1970 where it is there (az
/// 2.54 and later), else "expiresOn", a local time. Apart for tests.
std::optional<std::chrono::system_clock::time_point> azure_cli_expiry(std::string_view document);

}  // namespace aloft::azure::internal
