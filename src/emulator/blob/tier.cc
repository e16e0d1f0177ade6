// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/tier.h"

#include <string>

namespace aloft::emulator::blob {

bool is_rehydrating(const Blob& blob, Seconds now) {
  return blob.rehydration && now < blob.rehydration->done_at;
}

std::string_view tier_of(const Blob& blob, Seconds now) {
  if (blob.rehydration && !is_rehydrating(blob, now)) return blob.rehydration->tier;
  return blob.access_tier.empty() ? std::string_view("Hot") : std::string_view(blob.access_tier);
}

std::optional<Seconds> tier_changed_at(const Blob& blob, Seconds now) {
  if (blob.rehydration && !is_rehydrating(blob, now)) return blob.rehydration->done_at;
  return blob.tier_changed_at;
}

Rehydration rehydration_to(std::string_view tier, bool is_high, Seconds now) {
  return {.tier = std::string(tier),
          .is_high = is_high,
          .done_at = now + (is_high ? kRehydrationHigh : kRehydrationStandard)};
}

std::string archive_status(const Rehydration& rehydration) {
  std::string status = "rehydrate-pending-to-" + rehydration.tier;
  char& initial = status[status.size() - rehydration.tier.size()];
  initial = static_cast<char>(initial | 0x20);
  return status;
}

std::string_view priority_name(const Rehydration& rehydration) {
  return rehydration.is_high ? "High" : "Standard";
}

Outcome<void> check_not_archived(const Blob& blob, Seconds now) {
  if (tier_of(blob, now) != "Archive") return {};
  return refuse(Refusal::blob_archived);
}

void add_tier_fields(http::Headers& headers, const Blob& blob, Seconds now) {
  headers.add("x-ms-access-tier", tier_of(blob, now));
  if (blob.access_tier.empty()) headers.add("x-ms-access-tier-inferred", "true");
  if (const auto changed_at = tier_changed_at(blob, now)) {
    headers.add("x-ms-access-tier-change-time", format_http_date(*changed_at));
  }
  if (!is_rehydrating(blob, now)) return;
  headers.add("x-ms-archive-status", archive_status(*blob.rehydration));
  headers.add("x-ms-rehydrate-priority", priority_name(*blob.rehydration));
}

}  // namespace aloft::emulator::blob
