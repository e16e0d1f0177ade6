// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace aloft::emulator {

inline constexpr std::string_view kAccountName = "devstoreaccount1";
/// Published by Azure for its own emulators; protects nothing.
inline constexpr std::string_view kWellKnownKey =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// 64 random bytes in base64, as Azure's keys are.
std::string make_account_key();

/// The key of a data directory: made at first use and kept in a file of mode 0600. Fails with
/// corrupt where the file holds no key, with permission_denied where others may read it.
Result<std::string> load_account_key(const std::string& data_directory);

}  // namespace aloft::emulator
