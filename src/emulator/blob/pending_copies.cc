// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/pending_copies.h"

#include <algorithm>
#include <vector>

namespace aloft::emulator::blob {

void PendingCopies::add(Copy copy) {
  const auto copies = copies_.lock();
  std::string id = copy.whole.copy->id;
  copies->insert_or_assign(std::move(id), std::move(copy));
  count_ = copies->size();
}

void PendingCopies::forget(const std::string& id) {
  const auto copies = copies_.lock();
  copies->erase(id);
  count_ = copies->size();
}

bool PendingCopies::has_any_in(std::string_view container, std::string_view name) {
  const auto copies = copies_.lock();
  return std::ranges::any_of(*copies, [&](const auto& waiting) {
    const Copy& copy = waiting.second;
    return copy.container == container &&
           (copy.blob == name || copy.blob.starts_with(std::string(name) + "/"));
  });
}

void PendingCopies::complete_due() {
  if (count_.load(std::memory_order_relaxed) == 0) return;
  const auto now = repository_.clock().now();
  std::vector<Copy> due;
  {
    const auto copies = copies_.lock();
    for (const auto& [id, copy] : *copies) {
      if (copy.due <= now) due.push_back(copy);
    }
  }
  for (const Copy& copy : due) {
    if (complete(copy)) forget(copy.whole.copy->id);
  }
}

bool PendingCopies::complete(const Copy& copy) {
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    const bool waits =
        current != nullptr && is_copy_pending(*current) && current->copy->id == copy.whole.copy->id;
    if (!waits) return refuse(Refusal::no_pending_copy_operation);
    Blob whole = copy.whole;
    whole.created_at = current->created_at;
    whole.version = current->version;
    whole.copy->status = CopyState::Status::success;
    whole.copy->completed_at = repository_.now();
    return whole;
  };
  const auto written =
      repository_.write_blob(copy.container, copy.blob, Repository::Write::end_of_copy, edit);
  return written || written.error().status < 500;
}

}  // namespace aloft::emulator::blob
