// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "emulator/wire/dates.h"

namespace aloft::emulator::blob {

/// How the content came to be, where that was by Copy Blob, or how it is to come.
struct CopyState {
  enum class Status {
    success,
    pending,  ///< The blob has no content yet.
    aborted,  ///< Nor will it have any; the same of the next.
    failed,
  };
  std::string id{};
  std::string source{};  ///< The URL without its query.
  Status status = Status::success;
  Seconds begun_at{};
  Seconds completed_at{};        ///< While it is pending: when that will be.
  std::uint64_t size_bytes = 0;  ///< Of the source.
};

/// As x-ms-copy-status shows it.
std::string_view name_of(CopyState::Status status);
/// As x-ms-copy-progress shows it: "BYTES/BYTES". A pending copy comes evenly, counted by the
/// second; of one that ended without success there is nothing.
std::string progress_of(const CopyState& copy, Seconds now);
/// x-ms-copy-status-description; empty unless it failed.
std::string_view description_of(const CopyState& copy);

}  // namespace aloft::emulator::blob
