// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "azure/account.h"
#include "azure/batch_account.h"
#include "base/directories.h"
#include "base/result.h"

namespace aloft::azure {

/// Where `aloft emulator` says that it runs: emulator.json in the runtime directory.
std::string emulator_record_path(const EnvironmentLookup& environment);

/// What a running emulator offers.
struct EmulatorServices {
  Account storage;
  std::optional<BatchAccount> batch;  ///< Nothing if it serves no Batch.
};

/// The accounts of the emulator that this user runs; nothing if none does (a record whose process
/// is gone counts as none). Fails with permission_denied for a record that another user could have
/// written, with corrupt for one that makes no sense.
Result<std::optional<EmulatorServices>> read_emulator_record(const EnvironmentLookup& environment);

}  // namespace aloft::azure
