// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "azure/account.h"
#include "base/directories.h"
#include "base/result.h"

namespace aloft::azure {

/// Where accounts may be configured: accounts.toml (mode 0600) in the configuration directory, with
/// tables [account.NAME] of key, sas, connection_string, endpoint, credential ("managed-identity")
/// and client_id (which identity, where the machine has several), and those of batch_account.h.
std::string accounts_file_path(const EnvironmentLookup& environment);

/// Finds endpoint and credential of an account, in this order: the environment
/// (AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or
/// AZURE_STORAGE_SAS_TOKEN), which applies to the account that it names alone; the accounts file;
/// for devstoreaccount1, the emulator that this user runs. Where managed identities get their
/// tokens may be said by AZURE_POD_IDENTITY_AUTHORITY_HOST, as for Azure's own clients. Makes no
/// request. Fails with not_found, saying where it looked and what to do; with invalid_argument for
/// malformed settings.
Result<Account> resolve_account(std::string_view name, const EnvironmentLookup& environment);

}  // namespace aloft::azure
