// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <mutex>

#include "emulator/blob/repository.h"

// Snapshots, versions, and what was deleted and is kept: the rules are those of Azure's pages on
// blob versioning, soft delete for blobs, and Undelete Blob.
namespace aloft::emulator::blob {

namespace {

constexpr std::chrono::days kStagedLifetime{7};

bool is_snapshot(const Blob& past) {
  return past.snapshot != 0 && !past.deletion;
}

/// A blob that was deleted while there was no versioning, as opposed to its snapshots.
bool is_deleted_base(const Blob& past) {
  return past.deletion && past.snapshot == 0 && past.version == 0;
}

BlobItem item_of(Stamp key, Blob blob) {
  // All of its content is kept anew, so that it has no edits.
  blob.edits = 0;
  blob.lease.reset();
  return {.key = key, .blob = std::make_shared<const Blob>(std::move(blob)), .content = {}};
}

}  // namespace

std::optional<std::uint32_t> Repository::retention_days() const {
  const RetentionPolicy policy = index_.service_properties()->delete_retention;
  return policy.enabled ? std::optional(policy.days) : std::nullopt;
}

Deletion Repository::deletion_for(std::uint32_t days) const {
  return {.deleted_at = now(), .expires_at = now() + std::chrono::days(days)};
}

std::optional<BlobItem> Repository::former_state(const Blob& current, Write write) {
  if (write != Write::content && write != Write::metadata) return std::nullopt;
  Blob former = current;
  if (settings_.versioning) {
    // What was written before there were versions becomes one as it ends.
    if (former.version == 0) former.version = former.etag;
    const Stamp key = former.version;
    return item_of(key, std::move(former));
  }
  const auto days = retention_days();
  if (!days || write != Write::content) return std::nullopt;
  former.version = 0;
  former.snapshot = next_stamp();
  former.deletion = deletion_for(*days);
  const Stamp key = former.snapshot;
  return item_of(key, std::move(former));
}

/// A deleted blob whose name is taken again can only be had as a snapshot of its successor.
void Repository::bury_deleted(std::string_view container, std::string_view name,
                              std::vector<BlobItem>& items) const {
  for (const auto& [key, past] : index_.past_blobs(container, name)) {
    if (!is_deleted_base(*past)) continue;
    Blob buried = *past;
    buried.snapshot = key;
    items.push_back({.key = key,
                     .blob = std::make_shared<const Blob>(std::move(buried)),
                     .content = {.kind = ContentChange::Kind::kept}});
  }
}

BlobItem Repository::dropped(Stamp key, const Blob& past) const {
  const auto days = retention_days();
  if (!days) return {.key = key};
  Blob kept = past;
  kept.deletion = deletion_for(*days);
  return {.key = key,
          .blob = std::make_shared<const Blob>(std::move(kept)),
          .content = {.kind = ContentChange::Kind::kept}};
}

void Repository::drop_snapshots(const PastBlobs& past, std::vector<BlobItem>& items) const {
  for (const auto& [key, blob] : past) {
    if (is_snapshot(*blob)) items.push_back(dropped(key, *blob));
  }
}

Outcome<Repository::Snapshot> Repository::take_snapshot(std::string_view container,
                                                        std::string_view name,
                                                        std::optional<Metadata> metadata,
                                                        const BlobCheck& check) {
  const std::unique_lock lock(lock_of(container, name));
  const BlobLookup current = index_.find_blob(container, name);
  if (!current.container) return refuse(Refusal::container_not_found);
  if (!current.blob) return refuse(Refusal::blob_not_found);
  TRY(check_no_copy_pending(current.blob.get()));
  TRY(check(*current.blob));
  ChangeBlob change{.container = ref_of(*current.container),
                    .name = std::string(name),
                    .items = {},
                    .keeps_staged = true};
  Blob taken = *current.blob;
  taken.snapshot = next_stamp();
  taken.version = 0;
  if (metadata) taken.metadata = std::move(*metadata);
  Snapshot snapshot{.stamp = taken.snapshot, .base = current.blob};
  change.items.push_back(item_of(snapshot.stamp, std::move(taken)));
  if (settings_.versioning) {
    // A snapshot ends a version, as on Azure.
    change.items.push_back(*former_state(*current.blob, Write::metadata));
    Blob present = *current.blob;
    present.version = next_stamp();
    snapshot.base = std::make_shared<const Blob>(std::move(present));
    change.items.push_back({.blob = snapshot.base, .content = {.kind = ContentChange::Kind::kept}});
  }
  TRY(commit(std::move(change)));
  return snapshot;
}

Outcome<Repository::Deleted> Repository::drop_blob(std::string_view container,
                                                   std::string_view name, WithSnapshots snapshots,
                                                   const BlobCheck& check) {
  const PathLock lock = lock_for_drop(container, name);
  const BlobLookup current = index_.find_blob(container, name);
  if (!current.container) return refuse(Refusal::container_not_found);
  if (!current.blob) return refuse(Refusal::blob_not_found);
  TRY(check_no_copy_pending(current.blob.get()));
  TRY(check(*current.blob));
  if (current.blob->is_directory && index_.has_children(container, name)) {
    return refuse(Refusal::directory_is_not_empty);
  }
  const PastBlobs past = index_.past_blobs(container, name);
  ChangeBlob change{.container = ref_of(*current.container),
                    .name = std::string(name),
                    .items = {},
                    .keeps_staged = snapshots == WithSnapshots::only};
  drop_snapshots(past, change.items);
  if (snapshots == WithSnapshots::no && !change.items.empty()) {
    return refuse(Refusal::snapshots_present);
  }
  const auto days = retention_days();
  Deleted deleted = days ? Deleted::kept : Deleted::for_good;
  if (snapshots != WithSnapshots::only) {
    change.items.push_back({.key = 0});
    if (settings_.versioning) {
      change.items.push_back(*former_state(*current.blob, Write::content));
      deleted = Deleted::kept;
    } else if (days) {
      Blob kept = *current.blob;
      kept.version = 0;
      kept.deletion = deletion_for(*days);
      change.items.push_back(item_of(next_stamp(), std::move(kept)));
    }
  }
  TRY(commit(std::move(change)));
  return deleted;
}

Outcome<Repository::Deleted> Repository::drop_past_blob(std::string_view container,
                                                        std::string_view name, Stamp key,
                                                        const BlobCheck& check) {
  const std::unique_lock lock(lock_of(container, name));
  const BlobLookup current = index_.find_blob(container, name);
  if (!current.container) return refuse(Refusal::container_not_found);
  if (current.blob && current.blob->version == key) {
    return refuse(Refusal::operation_not_allowed_on_root_blob);
  }
  const BlobLookup past = index_.find_past_blob(container, name, key);
  if (!past.blob || past.blob->deletion) return refuse(Refusal::blob_not_found);
  TRY(check(*past.blob));
  BlobItem item = dropped(key, *past.blob);
  const Deleted deleted = item.blob ? Deleted::kept : Deleted::for_good;
  TRY(commit(ChangeBlob{.container = ref_of(*current.container),
                        .name = std::string(name),
                        .items = {std::move(item)},
                        .keeps_staged = true}));
  return deleted;
}

Outcome<std::shared_ptr<const Blob>> Repository::write_past_blob(std::string_view container,
                                                                 std::string_view name, Stamp key,
                                                                 const BlobEdit& edit) {
  const std::unique_lock lock(lock_of(container, name));
  const BlobLookup current = index_.find_blob(container, name);
  if (!current.container) return refuse(Refusal::container_not_found);
  const bool is_present = current.blob && current.blob->version == key;
  const BlobLookup found = is_present ? current : index_.find_past_blob(container, name, key);
  if (!found.blob || found.blob->deletion) return refuse(Refusal::blob_not_found);
  TRY(check_no_copy_pending(found.blob.get()));
  auto blob = std::make_shared<const Blob>(TRY(edit(found.blob.get())));
  TRY(commit(ChangeBlob{.container = ref_of(*current.container),
                        .name = std::string(name),
                        .items = {{.key = is_present ? Stamp{0} : key,
                                   .blob = blob,
                                   .content = {.kind = ContentChange::Kind::kept}}},
                        .keeps_staged = true}));
  return blob;
}

Outcome<void> Repository::undelete_blob(std::string_view container, std::string_view name) {
  const std::unique_lock lock(lock_of(container, name));
  const BlobLookup current = index_.find_blob(container, name);
  if (!current.container) return refuse(Refusal::container_not_found);
  const PastBlobs past = index_.past_blobs(container, name);
  if (!current.blob && past.empty()) return refuse(Refusal::blob_not_found);
  ChangeBlob change{.container = ref_of(*current.container),
                    .name = std::string(name),
                    .items = {},
                    .keeps_staged = true};
  for (const auto& [key, deleted] : past) {
    if (!deleted->deletion || deleted->deletion->expires_at <= now()) continue;
    Blob restored = *deleted;
    restored.deletion.reset();
    if (is_deleted_base(*deleted)) {
      change.items.push_back({.key = key});
      change.items.push_back(item_of(0, std::move(restored)));
    } else {
      change.items.push_back({.key = key,
                              .blob = std::make_shared<const Blob>(std::move(restored)),
                              .content = {.kind = ContentChange::Kind::kept}});
    }
  }
  if (change.items.empty()) return {};
  return commit(std::move(change));
}

Result<void> Repository::drop_expired() {
  // Until its lock is held, each may change: more may be staged, and what was deleted may be
  // restored, and even deleted anew.
  const Seconds at = now();
  const Seconds staged_before = at - kStagedLifetime;
  for (DropStaged& staged : index_.staged_before(staged_before)) {
    const std::unique_lock lock(lock_of(staged.container.name, staged.blob_name));
    const StagedBlocks present = index_.staged(staged.container.name, staged.blob_name);
    if (present.blocks.empty() || present.last_staged_at >= staged_before) continue;
    TRY(storage_.commit(std::move(staged)));
  }
  Expired expired = index_.expired(at);
  for (ContainerRef& container : expired.containers) {
    const std::unique_lock lock(lock_of(container.name, {}));
    const bool is_over = std::ranges::any_of(index_.deleted_containers(), [&](const auto& kept) {
      return kept->id == container.id && kept->deletion->expires_at <= at;
    });
    if (!is_over) continue;
    TRY(storage_.commit(DropContainer{std::move(container)}));
  }
  for (ChangeBlob& change : expired.blobs) {
    const std::unique_lock lock(lock_of(change.container.name, change.name));
    std::erase_if(change.items, [&](const BlobItem& item) {
      const auto found = index_.find_past_blob(change.container.name, change.name, item.key);
      return !found.blob || !found.blob->deletion || found.blob->deletion->expires_at > at;
    });
    if (!change.items.empty()) TRY(storage_.commit(std::move(change)));
  }
  return {};
}

Outcome<std::shared_ptr<const Blob>> Repository::find_snapshot(std::string_view container,
                                                               std::string_view name,
                                                               Stamp stamp) const {
  BlobLookup found = index_.find_past_blob(container, name, stamp);
  if (!found.container) return refuse(Refusal::container_not_found);
  if (!found.blob || !is_snapshot(*found.blob)) return refuse(Refusal::blob_not_found);
  return std::move(found.blob);
}

Outcome<std::shared_ptr<const Blob>> Repository::find_version(std::string_view container,
                                                              std::string_view name,
                                                              Stamp stamp) const {
  BlobLookup found = index_.find_blob(container, name);
  if (!found.container) return refuse(Refusal::container_not_found);
  if (!found.blob || found.blob->version != stamp) {
    found = index_.find_past_blob(container, name, stamp);
    if (!found.blob || found.blob->version != stamp || found.blob->deletion) {
      return refuse(Refusal::blob_not_found);
    }
  }
  return std::move(found.blob);
}

}  // namespace aloft::emulator::blob
