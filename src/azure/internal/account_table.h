// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "azure/account.h"
#include "azure/batch_account.h"
#include "azure/machine.h"
#include "base/directories.h"
#include "base/result.h"

namespace aloft::azure::internal {

/// A table of the accounts file, and what it may refer to. All outlive the call it is for.
struct AccountTable {
  const toml::table& table;
  std::string_view name;    ///< Of the account.
  const std::string& path;  ///< Of the file.
  const EnvironmentLookup& environment;
  const Machine& machine;
};

/// What [account.NAME] says. Fails with invalid_argument, naming file and table, and not showing
/// secrets.
Result<Account> storage_account_of(const AccountTable& table);
/// What [batch.NAME] says; fails as storage_account_of() does.
Result<BatchAccount> batch_account_of(const AccountTable& table);

/// Where the Blob service of an account answers that says nothing about it.
ServiceEndpoint usual_blob_endpoint(std::string_view account);

/// The portal and `az batch account show` show endpoints without a scheme. Fails with
/// invalid_argument, with `origin` in front.
Result<ServiceEndpoint> parse_batch_endpoint(std::string_view text, std::string_view origin);

}  // namespace aloft::azure::internal
