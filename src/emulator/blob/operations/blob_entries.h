// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/blob/index.h"
#include "emulator/blob/xml.h"

// How listings show what they list.
namespace aloft::emulator::blob {

/// What a listing of blobs says of each.
struct BlobListing {
  bool metadata = false;
  bool copy = false;
  bool tags = false;
  bool permissions = false;
  Seconds now{};  ///< Leases end, and so do the days for which a deleted one is kept.
};

/// Blobs and prefixes interleaved in the order of their names, as the service sends them.
void write_entries(XmlWriter& xml, const ListPage& page, const BlobListing& listing);

void write_metadata(XmlWriter& xml, const Metadata& metadata);
void write_lease(XmlWriter& xml, const std::optional<Lease>& lease, Seconds now);
/// When it was deleted, and for how many days more it is kept.
void write_deletion(XmlWriter& xml, const Deletion& deletion, Seconds now);

}  // namespace aloft::emulator::blob
