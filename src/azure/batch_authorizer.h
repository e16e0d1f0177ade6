// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "azure/batch_account.h"
#include "azure/token_cache.h"
#include "base/clock.h"
#include "base/limits.h"
#include "http/exchange.h"

namespace aloft::azure {

namespace internal {
class BearerTokens;
class Signer;
}  // namespace internal

/// Puts a Batch account's credential on requests: its key, as Shared Key for Batch, or a token of
/// its identities. Safe from many threads at once.
class BatchAuthorizer {
 public:
  /// `clock` outlives it. `tokens` gives those of an account that is used as an identity; where it
  /// is null, this account keeps its own.
  explicit BatchAuthorizer(const BatchAccount& account, Clock& clock = system_clock(),
                           std::shared_ptr<TokenCaches> tokens = nullptr);
  ~BatchAuthorizer();

  /// The last step before a request is sent: everything that is signed must be there. Adds ocp-date
  /// and Authorization, or Authorization alone; fails only where there is no token, as
  /// TokenSource::request() does, or with permission_denied where it must not be sent.
  Result<void> authorize(http::Exchange& exchange, const Limits& limits) const;

  /// After the answer 401 to this request: whether to authorize and send it once more, because its
  /// token could be one that does not serve any more.
  bool renew(const http::Exchange& refused) const;

  /// What authorizes, for people: "the account's key", or whose tokens it sends.
  std::string credential_name() const;

 private:
  std::string account_;
  std::unique_ptr<const internal::Signer> signer_;        ///< Null without a key.
  std::unique_ptr<const internal::BearerTokens> tokens_;  ///< Null without an identity.
  Clock& clock_;
};

/// What Shared Key for Batch signs; apart for tests.
std::string batch_string_to_sign(const http::Exchange& exchange, std::string_view account);

}  // namespace aloft::azure
