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

struct StagedSummary {
  std::size_t count = 0;
  std::size_t id_length = 0;  ///< Of all staged ids; 0 if there are none.
};

struct ListRequest {
  std::string_view prefix{};
  std::string_view delimiter{};
  std::string_view from{};  ///< The first name of the page, or a name before it.
  std::size_t entries_max = 5000;
  bool uncommitted = false;  ///< Also names that only have staged blocks.
};

/// One line of a listing: a blob, a prefix, or the name of what has staged blocks only.
struct ListEntry {
  std::string name{};
  bool is_prefix = false;
  std::shared_ptr<const Blob> blob{};
};

struct ListPage {
  std::vector<ListEntry> entries{};
  std::optional<std::string> next{};  ///< ListRequest::from of the next page.
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
  BlobLookup find_blob(std::string_view container, std::string_view name) const;
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

 private:
  struct Entry {
    std::shared_ptr<const Container> container;
    std::map<std::string, std::shared_ptr<const Blob>, std::less<>> blobs;
    std::map<std::string, StagedBlocks, std::less<>> staged;
  };
  using State = std::map<std::string, Entry, std::less<>>;
  using SharedProperties = std::shared_ptr<const ServiceProperties>;
  struct Applier;

  mutable Guarded<State> state_;
  mutable Guarded<SharedProperties> properties_{std::make_shared<const ServiceProperties>()};
};

}  // namespace aloft::emulator::blob
