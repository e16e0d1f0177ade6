// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "object/metadata.h"
#include "object/object_store.h"

namespace aloft::format {

/// What Aloft notes about a file's content, beside its attributes.
struct ContentNotes {
  /// CRC-64/NVME (checksum/crc64.h) of the content; only while it is the content that was noted.
  std::optional<std::uint64_t> crc64{};
  /// The file had holes: its blocks of zeros need no room on disk.
  bool sparse = false;
  /// The file has other names too (link_group.h).
  std::string link_group{};

  bool operator==(const ContentNotes&) const = default;
};

/// A note that makes no sense, or is of other content (content_version.h), counts as absent.
ContentNotes decode_notes(const ObjectInfo& object);

/// Takes the place of all notes in `metadata`, which has its content version (kContentKey).
void encode_notes(const ContentNotes& notes, Metadata& metadata);

}  // namespace aloft::format
