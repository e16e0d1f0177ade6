// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/directories.h"
#include "base/random.h"
#include "http/client.h"
#include "object/concurrency_limiter.h"
#include "object/object_account.h"
#include "object/retrying_store.h"

namespace aloft {

struct AzureAccountsOptions {
  http::ClientOptions http{};
  RetryOptions retry{};
  /// Of each account. As many connections as its ceiling are kept open while they are idle.
  ConcurrencyOptions concurrency{};
  Clock* clock = &system_clock();
  Random* random = &system_random();
};

/// Opens accounts by name as azure::resolve_account() finds them, with repeated requests, over one
/// client for all that are reached in the same way. Safe from many threads at once. Accounts are
/// kept: a name that was opened keeps its credential until the opener is gone, except the
/// emulator's, which is looked up anew, since another one may run by now. `environment` is asked
/// while the opener lives.
AccountOpener open_azure_accounts(EnvironmentLookup environment, AzureAccountsOptions options = {});

}  // namespace aloft
