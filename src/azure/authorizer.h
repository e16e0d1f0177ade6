// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "azure/account.h"
#include "azure/token_cache.h"
#include "base/clock.h"
#include "base/limits.h"
#include "http/exchange.h"

namespace aloft::azure {

namespace internal {
class BearerTokens;
class Signer;
}  // namespace internal

/// Puts an account's credential on requests. Safe from many threads at once.
class Authorizer {
 public:
  /// `clock` outlives it. `tokens` gives those of an account that is used as an identity; where it
  /// is null, this account keeps its own.
  explicit Authorizer(const Account& account, Clock& clock = system_clock(),
                      std::shared_ptr<TokenCaches> tokens = nullptr);
  ~Authorizer();
  Authorizer(const Authorizer&) = delete;
  Authorizer& operator=(const Authorizer&) = delete;

  /// The last step before a request is sent: everything that is signed must be there. A shared key
  /// adds x-ms-date and Authorization; a SAS adds its query to the target; an identity adds a
  /// token, which it may have to ask for: it fails as TokenSource::request() does, and with
  /// permission_denied for an endpoint that must not see tokens. The others do not fail.
  Result<void> authorize(http::Exchange& exchange, const Limits& limits) const;

  /// After the answer 401 to this request: whether to authorize and send it once more, because its
  /// token could be one that does not serve any more.
  bool renew(const http::Exchange& refused) const;

  /// For a copy that reads from this account, "Bearer …"; empty for credentials of other kinds.
  /// Fails as authorize() does.
  Result<std::string> source_authorization(const Limits& limits) const;

  /// What authorizes, for people: "the account's key", or whose tokens it sends.
  std::string credential_name() const;

  /// What is allowed to whom holds a SAS that this credential makes.
  struct SasRequest {
    std::string container;
    std::string key{};  ///< Empty: all blobs of the container.
    std::string permissions = "r";
    std::chrono::system_clock::time_point expires;
  };
  /// The query of a service SAS. With a SAS for a credential this is that SAS, whatever it allows;
  /// with none, or with an identity, it is empty.
  std::string make_sas(const SasRequest& request) const;

 private:
  std::string account_;
  std::string sas_;
  std::unique_ptr<const internal::Signer> signer_;        ///< Null without a shared key.
  std::unique_ptr<const internal::BearerTokens> tokens_;  ///< Null without an identity.
  Clock& clock_;
};

/// "Fri, 21 Nov 2026 03:00:00 GMT", as HTTP writes dates.
std::string http_date(std::chrono::system_clock::time_point time);

/// What Shared Key signs; apart for tests.
std::string string_to_sign(const http::Exchange& exchange, std::string_view account);

}  // namespace aloft::azure
