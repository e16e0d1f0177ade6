// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "azure/batch_account.h"
#include "http/exchange.h"

namespace aloft::azure {

namespace internal {
class Signer;
}

/// Puts a Batch account's key on requests, as Shared Key for Batch. Safe from many threads at once.
class BatchAuthorizer {
 public:
  explicit BatchAuthorizer(const BatchAccount& account);
  ~BatchAuthorizer();

  /// The last step before a request is sent: everything that is signed must be there. Adds ocp-date
  /// and Authorization.
  void authorize(http::Exchange& exchange, std::chrono::system_clock::time_point now) const;

 private:
  std::string account_;
  std::unique_ptr<const internal::Signer> signer_;
};

/// What Shared Key for Batch signs; apart for tests.
std::string batch_string_to_sign(const http::Exchange& exchange, std::string_view account);

}  // namespace aloft::azure
