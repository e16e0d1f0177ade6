// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "azure/account.h"
#include "azure/token_cache.h"
#include "http/exchange.h"

namespace aloft::azure::internal {

/// Puts tokens on requests. Safe from many threads at once.
class BearerTokens {
 public:
  /// Of `credential` for `resource`, kept in `caches`, which may be null; null for a credential
  /// that is no identity. `clock` outlives it.
  static std::unique_ptr<BearerTokens> of(const Credential& credential, std::string_view resource,
                                          Clock& clock, std::shared_ptr<TokenCaches> caches);

  explicit BearerTokens(std::shared_ptr<TokenCache> cache) : cache_(std::move(cache)) {}

  /// Whose they are.
  std::string name() const { return cache_->name(); }
  /// "Bearer …": fails as TokenSource::request() does.
  Result<std::string> authorization(const Limits& limits) const;
  /// Sets the header Authorization. Fails as above, and with permission_denied for a server that
  /// must not see tokens.
  Result<void> authorize(http::Exchange& exchange, const Limits& limits) const;
  /// After the answer 401: sees that the token it carried is not used again. False if it carried
  /// none.
  bool renew(const http::Exchange& refused) const;

 private:
  const std::shared_ptr<TokenCache> cache_;
};

}  // namespace aloft::azure::internal
