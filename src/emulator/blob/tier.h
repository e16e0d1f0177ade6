// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/blob/blob.h"
#include "emulator/blob/service_error.h"
#include "http/message.h"

namespace aloft::emulator::blob {

/// How long a blob that leaves the archive tier cannot be read yet. On Azure up to 15 hours, or one
/// for high priority; here as long as a program under test can wait for.
inline constexpr std::chrono::seconds kRehydrationStandard{10};
inline constexpr std::chrono::seconds kRehydrationHigh{2};

/// The tier now: a rehydration ends by the clock.
std::string_view tier_of(const Blob& blob, Seconds now);

/// When it came to be that; nothing where it always was.
std::optional<Seconds> tier_changed_at(const Blob& blob, Seconds now);

/// Whether the blob is still on its way out of the archive tier.
bool is_rehydrating(const Blob& blob, Seconds now);
/// Begins now.
Rehydration rehydration_to(std::string_view tier, bool is_high, Seconds now);
/// "rehydrate-pending-to-hot" and the like.
std::string archive_status(const Rehydration& rehydration);
/// "High" or "Standard".
std::string_view priority_name(const Rehydration& rehydration);

/// 409 BlobArchived where the content cannot be had.
Outcome<void> check_not_archived(const Blob& blob, Seconds now);

/// x-ms-access-tier and what belongs to it.
void add_tier_fields(http::Headers& headers, const Blob& blob, Seconds now);

}  // namespace aloft::emulator::blob
