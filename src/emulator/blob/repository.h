// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string_view>

#include "base/clock.h"
#include "emulator/blob/fair_shared_mutex.h"
#include "emulator/blob/index.h"
#include "emulator/blob/service_error.h"
#include "emulator/blob/storage.h"

namespace aloft::emulator::blob {

class PendingCopies;

/// What an owner sets for the account through Azure's control plane, which the emulator has not.
struct AccountSettings {
  /// Directories are real, and renamed as a whole. Then there are neither versions nor snapshots,
  /// and what is deleted is gone.
  bool hierarchical_namespace = false;
  bool versioning = false;
  /// How long a deleted container is kept; nothing: not at all.
  std::optional<std::uint32_t> container_retention_days{};
};

/// The rules by which operations change the account: conditions are checked against the state that
/// the change then replaces, whatever else happens at the time. Safe from any thread.
///
/// Writes to one blob take turns (a lock chosen by its name is held until the change has lasted),
/// Put Blocks of one blob go side by side; writes to different blobs share the journal's syncs.
class Repository {
 public:
  /// All outlive it.
  Repository(Index& index, Storage& storage, Clock& clock, Numbers numbers,
             AccountSettings settings = {});
  ~Repository();

  const Index& index() const { return index_; }
  Storage& storage() { return storage_; }
  const AccountSettings& settings() const { return settings_; }
  Seconds now() const;
  Clock& clock() const { return clock_; }
  PendingCopies& pending_copies() { return *pending_copies_; }

  using PropertiesEdit =
      std::function<Outcome<ServiceProperties>(const ServiceProperties& current)>;
  Outcome<void> set_service_properties(const PropertiesEdit& edit);

  /// Fails with container_already_exists.
  Outcome<Container> create_container(std::string_view name, Metadata metadata,
                                      PublicAccess access = PublicAccess::none,
                                      std::string_view creator = kSuperUser);
  using ContainerCheck = std::function<Outcome<void>(const Container& current)>;
  /// Where deleted containers are kept, it can be restored for that time.
  Outcome<void> drop_container(std::string_view name, const ContainerCheck& check);
  /// Fails with container_not_found where no such one is kept, container_already_exists where
  /// another has the name.
  Outcome<Container> restore_container(std::string_view name, Stamp deleted_version);
  /// Changes what a container says about itself. The etag is
  /// kept for what is no part of it, as leases.
  using ContainerEdit = std::function<Outcome<Container>(const Container& current)>;
  enum class ContainerEtag { renewed, kept };
  Outcome<Container> write_container(std::string_view name, ContainerEtag etag,
                                     const ContainerEdit& edit);

  /// Decides on a new state of a blob, given the present one (null: there is none); what it
  /// returns gets etag, time and version here.
  using BlobEdit = std::function<Outcome<Blob>(const Blob* current)>;
  enum class Write {
    /// New content (Put Blob, Put Block List, Copy Blob): drops staged blocks; the former state is
    /// kept as a version, or as a deleted snapshot, where the account does so.
    content,
    growth,      ///< New content that begins with the present one: what is staged stays.
    metadata,    ///< Set Blob Metadata: the content stays, the former state becomes a version.
    properties,  ///< In place; the content stays.
    beside,      ///< As above, and etag and time stay, too: for tier, tags and lease.
    /// What a pending copy brings, or that it brings nothing: in place, as a new content that is no
    /// state of its own. The only write that a blob with a pending copy takes.
    end_of_copy,
  };
  /// Fails with container_not_found, pending_copy_operation; and as `edit` does, which must do so
  /// for a blob that is not there unless it brings content.
  ///
  /// In a hierarchical namespace, directories above a new blob are made with it, in the same
  /// change, and `access` says whose all of them are; path_conflict where one of them is a file, or
  /// a file and a directory would take each other's place.
  Outcome<std::shared_ptr<const Blob>> write_blob(std::string_view container, std::string_view name,
                                                  Write write, const BlobEdit& edit,
                                                  const NewAccess& access = {});

  /// A new state in place, whose extents are the present ones with this range as given.
  struct RangeEdit {
    Blob blob;
    std::uint64_t offset = 0;
    std::uint64_t length_bytes = 0;
    std::vector<Slice> slices{};  ///< Fill the range; none: it becomes a gap.
  };
  using RangeEditor = std::function<Outcome<RangeEdit>(const Blob& current)>;
  /// For append and page blobs. Fails with container_not_found, blob_not_found, and as `edit` does.
  Outcome<std::shared_ptr<const Blob>> write_range(std::string_view container,
                                                   std::string_view name, const RangeEditor& edit);

  using BlobCheck = std::function<Outcome<void>(const Blob& current)>;
  /// Keeps the present state under a moment of its own, with other metadata where given.
  struct Snapshot {
    Stamp stamp = 0;
    std::shared_ptr<const Blob> base{};  ///< As it is now.
  };
  Outcome<Snapshot> take_snapshot(std::string_view container, std::string_view name,
                                  std::optional<Metadata> metadata, const BlobCheck& check);

  enum class WithSnapshots {
    no,  ///< Fails with snapshots_present where there are any.
    include,
    only,
  };
  /// What became of it: nothing is left, or it is kept for some days or as a version.
  enum class Deleted { for_good, kept };
  Outcome<Deleted> drop_blob(std::string_view container, std::string_view name,
                             WithSnapshots snapshots, const BlobCheck& check);
  /// A snapshot or version. Fails with operation_not_allowed_on_root_blob for the version that is
  /// present.
  Outcome<Deleted> drop_past_blob(std::string_view container, std::string_view name, Stamp key,
                                  const BlobCheck& check);
  /// Changes what stands beside the content (tags, tier) of a snapshot or version, which may be the
  /// present one. Fails with container_not_found, blob_not_found, and as `edit` does.
  Outcome<std::shared_ptr<const Blob>> write_past_blob(std::string_view container,
                                                       std::string_view name, Stamp key,
                                                       const BlobEdit& edit);
  /// Brings back what was deleted and is kept; there may be nothing.
  Outcome<void> undelete_blob(std::string_view container, std::string_view name);

  /// A file or directory with all that is below it, at once; `check` is about itself.
  Outcome<void> drop_tree(std::string_view container, std::string_view name,
                          const BlobCheck& check);
  struct Rename {
    std::string_view from_container;
    std::string_view source;
    std::string_view to_container;
    std::string_view destination;
    /// Of the source, and of what the destination is (null: nothing).
    BlobCheck check_source;
    std::function<Outcome<void>(const Blob* destination)> check_destination;
  };
  /// One change, however much is below the source; etags and times stay. Takes the place of a file
  /// by a file, and of an empty directory by a directory. Fails with source_path_not_found,
  /// rename_parent_not_found, rename_into_itself, resource_types_differ, or path_already_exists
  /// where the destination is a directory with something in it.
  Outcome<std::shared_ptr<const Blob>> rename_tree(const Rename& rename);
  /// Decides who may do what from now on; the blob is null for the root of the container.
  using AccessEdit =
      std::function<Outcome<AccessControl>(const Blob* path, const AccessControl& current)>;
  /// Edits the access to these paths, an empty one being the root; those that are not there are
  /// left out. Gives them new etags, which is stricter than Azure may be, but leaves their times.
  /// The root is a change of its own, before the others.
  Outcome<void> write_access(std::string_view container, const std::vector<std::string>& names,
                             const AccessEdit& edit);

  /// Fails with invalid_blob_or_block where the id's length differs from those that are staged.
  Outcome<void> stage_block(std::string_view container, std::string_view blob, Block block);
  /// Drops staged blocks that nobody has added to or committed for a week, and what was deleted
  /// and has been kept long enough.
  Result<void> drop_expired();

  /// The blob, or container_not_found or blob_not_found.
  Outcome<std::shared_ptr<const Blob>> find_blob(std::string_view container,
                                                 std::string_view name) const;
  /// The snapshot or version of this moment, which may be the present blob; deleted ones are not
  /// found.
  Outcome<std::shared_ptr<const Blob>> find_snapshot(std::string_view container,
                                                     std::string_view name, Stamp stamp) const;
  Outcome<std::shared_ptr<const Blob>> find_version(std::string_view container,
                                                    std::string_view name, Stamp stamp) const;
  Outcome<std::shared_ptr<const Container>> find_container(std::string_view name) const;

 private:
  std::shared_mutex& lock_of(std::string_view container, std::string_view blob);
  /// What a write holds: its name, for itself alone or with other Put Blocks of it; and in a
  /// hierarchical namespace the tree, so that what is above it stays where it is. A step that
  /// makes, moves or removes directories has the tree for itself.
  struct PathLock {
    std::shared_lock<FairSharedMutex> tree_shared{};
    std::unique_lock<FairSharedMutex> tree{};
    std::unique_lock<std::shared_mutex> path{};
    std::shared_lock<std::shared_mutex> path_shared{};
  };
  enum class TreeUse { stays, changes };
  PathLock lock_path(std::string_view container, std::string_view blob, TreeUse use);
  PathLock lock_for_write(std::string_view container, std::string_view blob);
  PathLock lock_for_drop(std::string_view container, std::string_view blob);
  /// Finishes what is about to be written at a place of the tree.
  Outcome<std::vector<ChangeBlob>> settle_in_tree(const BlobLookup& current, Blob& edited,
                                                  const NewAccess& access);
  Outcome<std::shared_ptr<const AccessControl>> make_parents(const Container& container,
                                                             std::string_view name,
                                                             const NewAccess& access,
                                                             std::vector<ChangeBlob>& changes);
  Stamp next_stamp();
  Outcome<void> commit(Change change);
  static Outcome<void> check_no_copy_pending(const Blob* current);
  /// Active leases outlive writes, whose holders they are; of others a write leaves nothing, so
  /// that nobody renews a lease without noticing that somebody else has written.
  std::optional<Lease> lease_after_write(const Blob* current) const;
  /// Of blobs; nothing where they are not kept.
  std::optional<std::uint32_t> retention_days() const;
  Deletion deletion_for(std::uint32_t days) const;
  std::optional<BlobItem> former_state(const Blob& current, Write write);
  void bury_deleted(std::string_view container, std::string_view name,
                    std::vector<BlobItem>& items) const;
  void drop_snapshots(const PastBlobs& past, std::vector<BlobItem>& items) const;
  BlobItem dropped(Stamp key, const Blob& past) const;

  Index& index_;
  Storage& storage_;
  Clock& clock_;
  const AccountSettings settings_;
  std::atomic<Stamp> last_stamp_;
  std::atomic<std::uint64_t> last_container_;
  std::array<std::shared_mutex, 1024> locks_;
  const std::unique_ptr<PendingCopies> pending_copies_;
  FairSharedMutex tree_;  // Locked before any of the above.
};

}  // namespace aloft::emulator::blob
