// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "azure/account.h"
#include "azure/machine.h"
#include "base/directories.h"
#include "base/result.h"

namespace aloft::azure {

/// All that is needed to talk to one Batch account. Holds a secret: never log it.
struct BatchAccount {
  std::string name{};
  ServiceEndpoint endpoint{};
  Credential credential{};  ///< A key or identities.
  Connection connection{};
};

/// Finds the Batch account `name`; if that is empty, the one that AZURE_BATCH_ACCOUNT or else
/// default_batch in the accounts file names, or the only one of that file, or the emulator's.
///
/// Its endpoint and key come from the environment (AZURE_BATCH_ACCESS_KEY and AZURE_BATCH_ENDPOINT,
/// which apply to the account in AZURE_BATCH_ACCOUNT alone); from a table [batch.NAME] in the
/// accounts file; from the emulator that this user runs. Where AZURE_BATCH_ACCOUNT and
/// AZURE_BATCH_ENDPOINT name it and no key is there, the identities of the surroundings are used
/// (see account_resolver.h). Makes no request. Fails with not_found, saying where it looked and
/// what to do; with invalid_argument for malformed settings.
Result<BatchAccount> resolve_batch_account(const EnvironmentLookup& environment,
                                           std::string_view name = {}, const Machine& machine = {});

}  // namespace aloft::azure
