// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "azure/account.h"
#include "azure/machine.h"
#include "base/directories.h"
#include "base/result.h"

namespace aloft::azure {

/// Where accounts may be configured: accounts.toml (mode 0600) in the configuration directory, with
/// tables [account.NAME] and [batch.NAME]; docs/guide/credentials.md says what they may hold.
std::string accounts_file_path(const EnvironmentLookup& environment);

/// Finds endpoint and credential of an account, in this order: the environment
/// (AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or
/// AZURE_STORAGE_SAS_TOKEN), which applies to the account that it names alone; the accounts file;
/// for devstoreaccount1, the emulator that this user runs; else the identities of the surroundings:
/// a service principal or a workload identity of the environment (AZURE_TENANT_ID, AZURE_CLIENT_ID
/// and AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE), or where
/// there is none, the managed identity of a machine of Azure, then who is signed in with az. Makes
/// no request. Fails with not_found, saying where it looked and what to do; with invalid_argument
/// for malformed settings.
Result<Account> resolve_account(std::string_view name, const EnvironmentLookup& environment,
                                const Machine& machine = {});

}  // namespace aloft::azure
