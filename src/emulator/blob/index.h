// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "emulator/blob/blob.h"
#include "emulator/blob/change.h"

namespace aloft::emulator::blob {

struct BlobLookup {
  std::shared_ptr<const Container> container;  ///< Null: there is no such container.
  std::shared_ptr<const Blob> blob;            ///< Null: there is no such blob in it.
};

/// What a name stood for before, or beside its blob: snapshots, versions, what was deleted and is
/// kept; by BlobItem::key.
using PastBlobs = std::map<Stamp, std::shared_ptr<const Blob>>;

struct StagedSummary {
  std::size_t count = 0;
  std::size_t id_length = 0;  ///< Of all staged ids; 0 if there are none.
};

/// A place between two entries of a listing: those of one name are in the order of their keys, and
/// the present blob is behind them.
struct ListPosition {
  std::string name{};
  Stamp key = 0;
};

struct ListRequest {
  std::string_view prefix{};
  std::string_view delimiter{};
  ListPosition from{};  ///< The first entry of the page, or a place before it.
  std::size_t entries_max = 5000;
  bool uncommitted = false;  ///< Also names that only have staged blocks.
  bool snapshots = false;
  bool versions = false;
  bool deleted = false;  ///< Also what was deleted and is kept, of the kinds above and blobs.
  /// Also names without a blob that have versions, each as one entry.
  bool deleted_with_versions = false;

  bool wants_past() const { return snapshots || versions || deleted || deleted_with_versions; }
};

/// One line of a listing: a blob, a prefix, or the name of what has staged blocks only.
struct ListEntry {
  std::string name{};
  bool is_prefix = false;
  std::shared_ptr<const Blob> blob{};  ///< With a prefix: the directory that it is.
  bool is_current = false;             ///< Neither snapshot nor former nor deleted.
  bool has_versions_only = false;      ///< The blob is the latest of them.
};

struct ListPage {
  std::vector<ListEntry> entries{};
  std::optional<ListPosition> next{};  ///< ListRequest::from of the next page.
};

/// What is to go for good, since it has been kept long enough.
struct Expired {
  std::vector<ContainerRef> containers{};
  std::vector<ChangeBlob> blobs{};
};

/// All containers and blobs, in memory and in order; what the service answers from. Readers get
/// shared ownership of immutable values, so that nothing is copied and no lock is held while an
/// answer is sent. Safe from any thread.
class Index {
 public:
  /// Changes become visible in the order of these calls. False where the container is not there
  /// any more.
  bool apply(const Change& change);

  /// Never null.
  std::shared_ptr<const ServiceProperties> service_properties() const;
  std::shared_ptr<const Container> find_container(std::string_view name) const;
  /// Those that were deleted and are kept, in no order.
  std::vector<std::shared_ptr<const Container>> deleted_containers() const;

  BlobLookup find_blob(std::string_view container, std::string_view name) const;
  /// As above, the one of this key; not the present one.
  BlobLookup find_past_blob(std::string_view container, std::string_view name, Stamp key) const;
  PastBlobs past_blobs(std::string_view container, std::string_view name) const;
  /// Whether anything lies below the directory.
  bool has_children(std::string_view container, std::string_view directory) const;
  StagedSummary staged_summary(std::string_view container, std::string_view blob) const;
  StagedBlocks staged(std::string_view container, std::string_view blob) const;

  /// In byte order, those behind `after`, with the prefix.
  std::vector<std::shared_ptr<const Container>> list_containers(std::string_view prefix,
                                                                std::string_view from,
                                                                std::size_t count_max) const;
  /// Nothing where the container is not there.
  std::optional<ListPage> list_blobs(std::string_view container, const ListRequest& request) const;

  /// What is to be dropped because nobody has staged for it since `before`.
  std::vector<DropStaged> staged_before(Seconds before) const;
  /// What was deleted and is kept until `now` or earlier.
  Expired expired(Seconds now) const;

 private:
  struct Entry {
    std::shared_ptr<const Container> container;
    std::map<std::string, std::shared_ptr<const Blob>, std::less<>> blobs;
    std::map<std::string, StagedBlocks, std::less<>> staged;
    std::map<std::string, PastBlobs, std::less<>> past;
  };
  struct State {
    std::map<std::string, Entry, std::less<>> containers;
    std::map<std::uint64_t, Entry> deleted;  // By Container::id.

    const Entry* find(std::string_view container) const;
  };
  using SharedProperties = std::shared_ptr<const ServiceProperties>;
  struct Applier;
  class Lister;

  mutable Guarded<State> state_;
  mutable Guarded<SharedProperties> properties_{std::make_shared<const ServiceProperties>()};
};

}  // namespace aloft::emulator::blob
