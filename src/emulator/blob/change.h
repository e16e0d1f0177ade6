// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "emulator/blob/blob.h"
#include "emulator/blob/service_properties.h"

namespace aloft::emulator::blob {

/// A container at the time when a change to something in it was prepared. If it is gone, or another
/// one has its name, when the change is applied, nothing happens.
struct ContainerRef {
  std::uint64_t id = 0;
  std::string name{};
};

struct PutContainer {
  Container container;
};
struct DropContainer {
  ContainerRef container;
};
/// Also drops the blob's staged blocks.
struct PutBlob {
  ContainerRef container;
  std::shared_ptr<const Blob> blob;
  /// Set Blob Metadata and the like keep what is staged for a next Put Block List.
  bool keeps_staged = false;
};
/// Also drops the blob's staged blocks.
struct DropBlob {
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
using Change = std::variant<PutContainer, DropContainer, PutBlob, DropBlob, StageBlock, DropStaged,
                            PutServiceProperties>;

}  // namespace aloft::emulator::blob
