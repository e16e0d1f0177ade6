// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "azure/account.h"
#include "base/clock.h"
#include "http/exchange.h"

namespace aloft::azure {

namespace internal {
class Signer;
}

/// Puts an account's credential on requests. Safe from many threads at once.
class Authorizer {
 public:
  explicit Authorizer(const Account& account);
  ~Authorizer();
  Authorizer(const Authorizer&) = delete;
  Authorizer& operator=(const Authorizer&) = delete;

  /// The last step before a request is sent: everything that is signed must be there. A shared key
  /// adds x-ms-date and Authorization; a SAS adds its query to the target.
  void authorize(http::Exchange& exchange, std::chrono::system_clock::time_point now) const;

  /// What is allowed to whom holds a SAS that this credential makes.
  struct SasRequest {
    std::string container;
    std::string key{};  ///< Empty: all blobs of the container.
    std::string permissions = "r";
    std::chrono::system_clock::time_point expires;
  };
  /// The query of a service SAS. With a SAS for a credential this is that SAS, whatever it allows;
  /// with none it is empty.
  std::string make_sas(const SasRequest& request) const;

 private:
  std::string account_;
  std::string sas_;
  std::unique_ptr<const internal::Signer> signer_;  ///< Null without a shared key.
};

/// "Fri, 21 Nov 2026 03:00:00 GMT", as HTTP writes dates.
std::string http_date(std::chrono::system_clock::time_point time);

/// What Shared Key signs; apart for tests.
std::string string_to_sign(const http::Exchange& exchange, std::string_view account);

}  // namespace aloft::azure
