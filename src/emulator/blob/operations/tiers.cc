// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/blob/operations/select.h"
#include "emulator/blob/tier.h"

namespace aloft::emulator::blob {

namespace {

/// Out of the archive the content comes some time later.
Outcome<void> change_tier(Blob& blob, const std::string& tier, bool is_high, Seconds now) {
  const std::string present(tier_of(blob, now));
  if (is_rehydrating(blob, now)) {
    // What is under way may be hurried, but not turned round.
    if (tier != blob.rehydration->tier) return refuse(Refusal::blob_being_rehydrated);
    if (!is_high || blob.rehydration->is_high) return {};
  }
  blob.rehydration.reset();
  if (present == "Archive" && tier != "Archive") {
    blob.rehydration = rehydration_to(tier, is_high, now);
    return {};
  }
  blob.access_tier = tier;
  if (tier != present) blob.tier_changed_at = now;
  return {};
}

}  // namespace

Answer set_blob_tier(Call& call) {
  const Seconds now = call.repository.now();
  const Conditions conditions = TRY(parse_conditions(call.headers(), now));
  const std::string tier = TRY(parse_access_tier(call.headers()));
  if (tier.empty()) return refuse_header(Refusal::missing_required_header, "x-ms-access-tier", {});
  const bool is_high = TRY(parse_is_high_priority(call.headers()));
  // A snapshot or former version only leaves the archive as a copy.
  const bool is_past = !TRY(find_selected(call.repository, call.target)).is_current;
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    if (current == nullptr) return refuse(Refusal::blob_not_found);
    TRY(check_write(conditions, resource_of(current)));
    if (current->type != BlobType::block) {
      return refuse(Refusal::access_tier_not_supported_for_blob_type);
    }
    if (is_past && tier != "Archive") TRY(check_not_archived(*current, now));
    Blob changed = *current;
    TRY(change_tier(changed, tier, is_high, now));
    return changed;
  };
  const auto blob = TRY(write_beside_selected(call, edit));
  return http::Response{.status = is_rehydrating(*blob, now) ? 202 : 200};
}

}  // namespace aloft::emulator::blob
