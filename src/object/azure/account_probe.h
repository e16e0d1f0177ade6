// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "azure/account.h"
#include "base/limits.h"
#include "base/result.h"
#include "http/client.h"

namespace aloft {

/// What an account's credential turned out to allow.
struct AccountProbe {
  std::string credential;               ///< Which one was used, for people.
  Result<void> containers{};            ///< Listing the account's containers.
  std::optional<Result<void>> blobs{};  ///< Listing the blobs of a container; none was named.
  /// Asking the Data Lake service, which renames; only of accounts that say that they have a
  /// hierarchical namespace.
  std::optional<Result<void>> data_lake{};
};

/// Tries it by real requests, one attempt and one entry each; `container` may be empty. Safe from
/// many threads at once.
AccountProbe probe_account(const azure::Account& account, std::shared_ptr<http::Client> client,
                           std::string_view container, const Limits& limits);

}  // namespace aloft
