// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "emulator/blob/blob.h"
#include "emulator/blob/service_properties.h"

namespace aloft::emulator::blob {

/// A container at the time when a change to something in it was prepared. If it is gone, or another
/// one has its name, when the change is applied, nothing happens.
struct ContainerRef {
  std::uint64_t id = 0;
  std::string name{};
};

inline ContainerRef ref_of(const Container& container) {
  return {.id = container.id, .name = container.name};
}

/// A new container, or a new state of one, by its id. One with a deletion leaves its name; without
/// one it has it again.
struct PutContainer {
  Container container;
};
struct DropContainer {
  ContainerRef container;
};

/// How the content of a blob differs from what is kept in its place now.
struct ContentChange {
  enum class Kind {
    replaced,
    kept,
    range,  ///< The same but for the range below.
  };
  Kind kind = Kind::replaced;
  std::uint64_t offset = 0;
  std::uint64_t length_bytes = 0;
  std::vector<Slice> slices{};  ///< Fill the range; none: it becomes a gap.
};

/// One place below a name. The key is 0 for the present blob; what is past has the moment of its
/// snapshot, version or deletion.
struct BlobItem {
  Stamp key = 0;
  std::shared_ptr<const Blob> blob{};  ///< Null: nothing any more.
  ContentChange content{};
};

/// Sets some of what one name stands for, all or nothing.
struct ChangeBlob {
  ContainerRef container;
  std::string name;
  std::vector<BlobItem> items;
  /// Set Blob Metadata and the like keep what is staged for a next Put Block List.
  bool keeps_staged = false;
};

/// Several of one container, all or nothing.
struct ChangeBlobs {
  std::vector<ChangeBlob> changes;
};

/// Of a hierarchical namespace: the file or directory, with all that is below it, has another name.
/// What the destination was goes; it has nothing below it.
struct RenameTree {
  ContainerRef from;
  std::string source;
  ContainerRef to;
  std::string destination;
};
/// The file or directory goes, with all that is below it.
struct DropTree {
  ContainerRef container;
  std::string name;
};

struct StageBlock {
  ContainerRef container;
  std::string blob_name;
  Block block;
  Seconds staged_at;
};
struct DropStaged {
  ContainerRef container;
  std::string blob_name;
};

struct PutServiceProperties {
  std::shared_ptr<const ServiceProperties> properties;
};

/// The smallest step between two states of the account: written to the journal as one transaction,
/// and applied to the index as one step.
using Change = std::variant<PutContainer, DropContainer, ChangeBlob, ChangeBlobs, RenameTree,
                            DropTree, StageBlock, DropStaged, PutServiceProperties>;

}  // namespace aloft::emulator::blob
