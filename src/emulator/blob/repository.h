// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string_view>

#include "base/clock.h"
#include "emulator/blob/index.h"
#include "emulator/blob/service_error.h"
#include "emulator/blob/storage.h"

namespace aloft::emulator::blob {

/// The rules by which operations change the account: conditions are checked against the state that
/// the change then replaces, whatever else happens at the time. Safe from any thread.
///
/// Writes to one blob take turns (a lock chosen by its name is held until the change has lasted),
/// Put Blocks of one blob go side by side; writes to different blobs share the journal's syncs.
class Repository {
 public:
  /// All outlive it.
  Repository(Index& index, Storage& storage, Clock& clock, Numbers numbers);

  const Index& index() const { return index_; }
  Storage& storage() { return storage_; }
  Seconds now() const;

  using PropertiesEdit =
      std::function<Outcome<ServiceProperties>(const ServiceProperties& current)>;
  Outcome<void> set_service_properties(const PropertiesEdit& edit);

  /// Fails with container_already_exists.
  Outcome<Container> create_container(std::string_view name, Metadata metadata);
  using ContainerCheck = std::function<Outcome<void>(const Container& current)>;
  Outcome<void> drop_container(std::string_view name, const ContainerCheck& check);
  Outcome<Container> set_container_metadata(std::string_view name, Metadata metadata,
                                            const ContainerCheck& check);

  /// Decides on a new version of a blob, given the present one (null: there is none); what it
  /// returns gets etag and time of modification here.
  using BlobEdit = std::function<Outcome<Blob>(const Blob* current)>;
  enum class Staged { dropped, kept };
  Outcome<std::shared_ptr<const Blob>> write_blob(std::string_view container, std::string_view name,
                                                  Staged staged, const BlobEdit& edit);
  using BlobCheck = std::function<Outcome<void>(const Blob& current)>;
  Outcome<void> drop_blob(std::string_view container, std::string_view name,
                          const BlobCheck& check);

  /// Fails with invalid_blob_or_block where the id's length differs from those that are staged.
  Outcome<void> stage_block(std::string_view container, std::string_view blob, Block block);
  /// Drops what nobody has added to or committed for a week.
  Result<void> drop_expired_blocks();

  /// The blob, or container_not_found or blob_not_found.
  Outcome<std::shared_ptr<const Blob>> find_blob(std::string_view container,
                                                 std::string_view name) const;
  Outcome<std::shared_ptr<const Container>> find_container(std::string_view name) const;

 private:
  std::shared_mutex& lock_of(std::string_view container, std::string_view blob);
  EtagNumber next_etag();
  Outcome<void> commit(Change change);

  Index& index_;
  Storage& storage_;
  Clock& clock_;
  std::atomic<EtagNumber> last_etag_;
  std::atomic<std::uint64_t> last_container_;
  std::array<std::shared_mutex, 1024> locks_;
};

}  // namespace aloft::emulator::blob
