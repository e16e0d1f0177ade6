// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/repository.h"

#include <mutex>

namespace aloft::emulator::blob {

namespace {

constexpr std::chrono::days kStagedLifetime{7};
constexpr std::size_t kStagedBlocksMax = 100'000;

ContainerRef ref_of(const Container& container) {
  return {.id = container.id, .name = container.name};
}

}  // namespace

Repository::Repository(Index& index, Storage& storage, Clock& clock, Numbers numbers)
    : index_(index),
      storage_(storage),
      clock_(clock),
      last_etag_(numbers.etag),
      last_container_(numbers.container) {}

Seconds Repository::now() const {
  return std::chrono::floor<std::chrono::seconds>(clock_.wall_now());
}

std::shared_mutex& Repository::lock_of(std::string_view container, std::string_view blob) {
  const std::size_t hash =
      std::hash<std::string_view>()(container) * 31 + std::hash<std::string_view>()(blob);
  return locks_[hash % locks_.size()];
}

// Looks like Azure's, which are 100 ns ticks since the year 1; grows even where the clock does not.
EtagNumber Repository::next_etag() {
  using Ticks = std::chrono::duration<EtagNumber, std::ratio<1, 10'000'000>>;
  constexpr EtagNumber kUnixEpoch = 621'355'968'000'000'000;
  const EtagNumber by_clock =
      kUnixEpoch + std::chrono::duration_cast<Ticks>(clock_.wall_now().time_since_epoch()).count();
  EtagNumber last = last_etag_.load();
  EtagNumber next = 0;
  do {
    next = std::max(last + 1, by_clock);
  } while (!last_etag_.compare_exchange_weak(last, next));
  return next;
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

Outcome<Container> Repository::create_container(std::string_view name, Metadata metadata) {
  const std::unique_lock lock(lock_of(name, {}));
  if (index_.find_container(name)) return refuse(Refusal::container_already_exists);
  Container container{.id = ++last_container_,
                      .name = std::string(name),
                      .etag = next_etag(),
                      .modified_at = now(),
                      .metadata = std::move(metadata)};
  TRY(commit(PutContainer{container}));
  return container;
}

Outcome<void> Repository::drop_container(std::string_view name, const ContainerCheck& check) {
  const std::unique_lock lock(lock_of(name, {}));
  const auto current = TRY(find_container(name));
  TRY(check(*current));
  return commit(DropContainer{ref_of(*current)});
}

Outcome<Container> Repository::set_container_metadata(std::string_view name, Metadata metadata,
                                                      const ContainerCheck& check) {
  const std::unique_lock lock(lock_of(name, {}));
  const auto current = TRY(find_container(name));
  TRY(check(*current));
  Container container = *current;
  container.metadata = std::move(metadata);
  container.etag = next_etag();
  container.modified_at = now();
  TRY(commit(PutContainer{container}));
  return container;
}

Outcome<std::shared_ptr<const Blob>> Repository::write_blob(std::string_view container,
                                                            std::string_view name, Staged staged,
                                                            const BlobEdit& edit) {
  const std::unique_lock lock(lock_of(container, name));
  const BlobLookup current = index_.find_blob(container, name);
  if (!current.container) return refuse(Refusal::container_not_found);
  Blob edited = TRY(edit(current.blob.get()));
  edited.name = name;
  edited.etag = next_etag();
  edited.modified_at = now();
  auto blob = std::make_shared<const Blob>(std::move(edited));
  TRY(commit(PutBlob{.container = ref_of(*current.container),
                     .blob = blob,
                     .keeps_staged = staged == Staged::kept}));
  return blob;
}

Outcome<void> Repository::drop_blob(std::string_view container, std::string_view name,
                                    const BlobCheck& check) {
  const std::unique_lock lock(lock_of(container, name));
  const BlobLookup current = index_.find_blob(container, name);
  if (!current.container) return refuse(Refusal::container_not_found);
  if (!current.blob) return refuse(Refusal::blob_not_found);
  TRY(check(*current.blob));
  return commit(DropBlob{.container = ref_of(*current.container), .name = std::string(name)});
}

Outcome<void> Repository::stage_block(std::string_view container, std::string_view blob,
                                      Block block) {
  // Side by side with other blocks of the blob, but not with what makes or drops its content.
  const std::shared_lock lock(lock_of(container, blob));
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

Result<void> Repository::drop_expired_blocks() {
  const Seconds oldest = now() - kStagedLifetime;
  for (DropStaged& expired : index_.staged_before(oldest)) {
    const std::unique_lock lock(lock_of(expired.container.name, expired.blob_name));
    TRY(storage_.commit(std::move(expired)));
  }
  return {};
}

}  // namespace aloft::emulator::blob
