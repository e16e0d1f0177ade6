// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace aloft::emulator::blob {

/// Whether x-ms-version (or the sv of a SAS) names a version of the service that exists and that
/// the emulator speaks: from 2018-11-09, the first with today's SAS, on. Versions are compared as
/// text.
bool is_known_version(std::string_view version);

/// What answers carry where the request names no version.
inline constexpr std::string_view kNewestVersion = "2026-12-06";
/// From here on the string to sign of a SAS has the encryption scope.
inline constexpr std::string_view kSasWithEncryptionScope = "2020-12-06";
/// And that of one signed by a user delegation key has the agents.
inline constexpr std::string_view kSasWithAgents = "2020-02-10";
/// Then the user who alone may use it,
inline constexpr std::string_view kSasWithDelegatedUser = "2025-07-05";
/// and the fields and parameters that the request must have.
inline constexpr std::string_view kSasWithRequestFields = "2026-04-06";
/// From here on permission c stages and commits blocks, too (Microsoft's page of this version).
inline constexpr std::string_view kSasCreatesFromBlocks = "2026-04-06";

}  // namespace aloft::emulator::blob
