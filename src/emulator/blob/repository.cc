// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/repository.h"

#include <mutex>

#include "emulator/blob/pending_copies.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::size_t kStagedBlocksMax = 100'000;

// Below this many edits, keeping all extents anew would cost more than it saves at the next start.
constexpr std::uint64_t kEditsMin = 1000;

}  // namespace

Repository::Repository(Index& index, Storage& storage, Clock& clock, Numbers numbers,
                       AccountSettings settings)
    : index_(index),
      storage_(storage),
      clock_(clock),
      settings_(settings),
      last_stamp_(numbers.stamp),
      last_container_(numbers.container),
      pending_copies_(std::make_unique<PendingCopies>(*this)) {}

Repository::~Repository() = default;

Seconds Repository::now() const {
  return std::chrono::floor<std::chrono::seconds>(clock_.wall_now());
}

std::shared_mutex& Repository::lock_of(std::string_view container, std::string_view blob) {
  const std::size_t hash =
      std::hash<std::string_view>()(container) * 31 + std::hash<std::string_view>()(blob);
  return locks_[hash % locks_.size()];
}

// Grows even where the clock does not.
Stamp Repository::next_stamp() {
  using Ticks = std::chrono::duration<Stamp, std::ratio<1, 10'000'000>>;
  constexpr Stamp kUnixEpoch = 621'355'968'000'000'000;
  const Stamp by_clock =
      kUnixEpoch + std::chrono::duration_cast<Ticks>(clock_.wall_now().time_since_epoch()).count();
  Stamp last = last_stamp_.load();
  Stamp next = 0;
  do {
    next = std::max(last + 1, by_clock);
  } while (!last_stamp_.compare_exchange_weak(last, next));
  return next;
}

Outcome<void> Repository::check_no_copy_pending(const Blob* current) {
  if (current == nullptr || !is_copy_pending(*current)) return {};
  return refuse(Refusal::pending_copy_operation);
}

Outcome<void> Repository::commit(Change change) {
  const bool applied = TRY(as_outcome(storage_.commit(std::move(change))));
  if (!applied) return refuse(Refusal::container_not_found);
  return {};
}

Outcome<std::shared_ptr<const Container>> Repository::find_container(std::string_view name) const {
  auto container = index_.find_container(name);
  if (!container) return refuse(Refusal::container_not_found);
  return container;
}

Outcome<std::shared_ptr<const Blob>> Repository::find_blob(std::string_view container,
                                                           std::string_view name) const {
  BlobLookup found = index_.find_blob(container, name);
  if (!found.container) return refuse(Refusal::container_not_found);
  if (!found.blob) return refuse(Refusal::blob_not_found);
  return std::move(found.blob);
}

Outcome<void> Repository::set_service_properties(const PropertiesEdit& edit) {
  const std::unique_lock lock(lock_of({}, {}));
  ServiceProperties edited = TRY(edit(*index_.service_properties()));
  return commit(PutServiceProperties{std::make_shared<const ServiceProperties>(std::move(edited))});
}

Outcome<Container> Repository::create_container(std::string_view name, Metadata metadata,
                                                PublicAccess access, std::string_view creator) {
  const std::unique_lock lock(lock_of(name, {}));
  if (index_.find_container(name)) return refuse(Refusal::container_already_exists);
  Container container{.id = ++last_container_,
                      .name = std::string(name),
                      .etag = next_stamp(),
                      .modified_at = now(),
                      .metadata = std::move(metadata),
                      .public_access = access};
  if (settings_.hierarchical_namespace) {
    container.access = std::make_shared<const AccessControl>(root_access(creator));
  }
  TRY(commit(PutContainer{container}));
  return container;
}

Outcome<void> Repository::drop_container(std::string_view name, const ContainerCheck& check) {
  const std::unique_lock lock(lock_of(name, {}));
  const auto current = TRY(find_container(name));
  TRY(check(*current));
  if (!settings_.container_retention_days) return commit(DropContainer{ref_of(*current)});
  Container kept = *current;
  kept.lease.reset();
  kept.deleted_version = next_stamp();
  kept.deletion = deletion_for(*settings_.container_retention_days);
  return commit(PutContainer{std::move(kept)});
}

Outcome<Container> Repository::restore_container(std::string_view name, Stamp deleted_version) {
  const std::unique_lock lock(lock_of(name, {}));
  for (const auto& deleted : index_.deleted_containers()) {
    if (deleted->name != name || deleted->deleted_version != deleted_version) continue;
    if (deleted->deletion->expires_at <= now()) break;
    if (index_.find_container(name)) return refuse(Refusal::container_already_exists);
    Container restored = *deleted;
    restored.deletion.reset();
    restored.deleted_version = 0;
    TRY(commit(PutContainer{restored}));
    return restored;
  }
  return refuse(Refusal::container_not_found);
}

Outcome<Container> Repository::write_container(std::string_view name, ContainerEtag etag,
                                               const ContainerEdit& edit) {
  const std::unique_lock lock(lock_of(name, {}));
  const auto current = TRY(find_container(name));
  Container container = TRY(edit(*current));
  if (etag == ContainerEtag::renewed) {
    container.etag = next_stamp();
    container.modified_at = now();
  }
  TRY(commit(PutContainer{container}));
  return container;
}

std::optional<Lease> Repository::lease_after_write(const Blob* current) const {
  if (current == nullptr || !is_active(current->lease, now())) return std::nullopt;
  return current->lease;
}

Outcome<std::shared_ptr<const Blob>> Repository::write_blob(std::string_view container,
                                                            std::string_view name, Write write,
                                                            const BlobEdit& edit,
                                                            const NewAccess& access) {
  const PathLock lock = lock_for_write(container, name);
  const BlobLookup current = index_.find_blob(container, name);
  if (!current.container) return refuse(Refusal::container_not_found);
  if (write != Write::end_of_copy) TRY(check_no_copy_pending(current.blob.get()));
  Blob edited = TRY(edit(current.blob.get()));
  CHECK(current.blob || write == Write::content);
  ChangeBlob change{.container = ref_of(*current.container),
                    .name = std::string(name),
                    .items = {},
                    .keeps_staged = write != Write::content};
  if (current.blob) {
    if (auto former = former_state(*current.blob, write))
      change.items.push_back(std::move(*former));
  } else {
    bury_deleted(container, name, change.items);
  }
  edited.name = name;
  std::vector<ChangeBlob> parents = TRY(settle_in_tree(current, edited, access));
  if (write != Write::beside) {
    edited.etag = next_stamp();
    edited.modified_at = now();
    edited.lease = lease_after_write(current.blob.get());
  }
  if (write == Write::content || write == Write::metadata) {
    edited.version = settings_.versioning ? edited.etag : 0;
  }
  BlobItem item{.blob = nullptr, .content = {.kind = ContentChange::Kind::kept}};
  if (write == Write::content || write == Write::growth || write == Write::end_of_copy) {
    item.content.kind = ContentChange::Kind::replaced;
    edited.edits = 0;
  }
  auto blob = std::make_shared<const Blob>(std::move(edited));
  item.blob = blob;
  change.items.push_back(std::move(item));
  if (parents.empty()) {
    TRY(commit(std::move(change)));
  } else {
    parents.push_back(std::move(change));
    TRY(commit(ChangeBlobs{std::move(parents)}));
  }
  return blob;
}

Outcome<std::shared_ptr<const Blob>> Repository::write_range(std::string_view container,
                                                             std::string_view name,
                                                             const RangeEditor& edit) {
  const PathLock lock = lock_path(container, name, TreeUse::stays);
  const BlobLookup current = index_.find_blob(container, name);
  if (!current.container) return refuse(Refusal::container_not_found);
  if (!current.blob) return refuse(Refusal::blob_not_found);
  TRY(check_no_copy_pending(current.blob.get()));
  RangeEdit edited = TRY(edit(*current.blob));
  Blob& changed = edited.blob;
  changed.extents = current.blob->extents.with(edited.offset, edited.length_bytes, edited.slices);
  changed.etag = next_stamp();
  changed.modified_at = now();
  changed.lease = lease_after_write(current.blob.get());
  BlobItem item{.blob = nullptr,
                .content = {.kind = ContentChange::Kind::range,
                            .offset = edited.offset,
                            .length_bytes = edited.length_bytes,
                            .slices = std::move(edited.slices)}};
  // Edits that later ones wrote over would pile up; keeping all extents anew once in a while costs
  // each edit little.
  if (++changed.edits > std::max<std::uint64_t>(kEditsMin, changed.extents.count())) {
    changed.edits = 0;
    item.content = {.kind = ContentChange::Kind::replaced};
  }
  auto blob = std::make_shared<const Blob>(std::move(changed));
  item.blob = blob;
  TRY(commit(ChangeBlob{.container = ref_of(*current.container),
                        .name = std::string(name),
                        .items = {std::move(item)},
                        .keeps_staged = true}));
  return blob;
}

Outcome<void> Repository::stage_block(std::string_view container, std::string_view blob,
                                      Block block) {
  // Side by side with other blocks of the blob, but not with what makes or drops its content.
  PathLock lock;
  if (settings_.hierarchical_namespace) lock.tree_shared = std::shared_lock(tree_);
  lock.path_shared = std::shared_lock(lock_of(container, blob));
  const auto current = TRY(find_container(container));
  const StagedSummary staged = index_.staged_summary(container, blob);
  if (staged.count > 0 && staged.id_length != block.id.size()) {
    return refuse(Refusal::invalid_blob_or_block,
                  "all block ids of a blob have the same length; others are staged with " +
                      std::to_string(staged.id_length) + " bytes");
  }
  if (staged.count >= kStagedBlocksMax) return refuse(Refusal::block_count_exceeds_limit);
  return commit(StageBlock{.container = ref_of(*current),
                           .blob_name = std::string(blob),
                           .block = std::move(block),
                           .staged_at = now()});
}

}  // namespace aloft::emulator::blob
