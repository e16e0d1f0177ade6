// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "emulator/blob/call.h"

namespace aloft::emulator::blob {

/// Which state of a blob a request is about; at most one of the two is set.
struct Selector {
  Stamp snapshot = 0;
  Stamp version = 0;
  /// Not simply the present blob.
  bool is_set() const { return snapshot != 0 || version != 0; }
  Stamp key() const { return snapshot != 0 ? snapshot : version; }
};

/// From snapshot= and versionid=.
Outcome<Selector> parse_selector(const Query& query);

struct Selected {
  std::shared_ptr<const Blob> blob;
  bool is_current = true;  ///< The present blob, also where its version was asked for.
};

/// The state of the target's blob that its query asks for; container_not_found or blob_not_found
/// where there is none.
Outcome<Selected> find_selected(const Repository& repository, const Target& target);

/// Changes what stands beside the content (tags, tier) of the state that the target's query asks
/// for; fails as find_selected() and as `edit` does.
Outcome<std::shared_ptr<const Blob>> write_beside_selected(Call& call,
                                                           const Repository::BlobEdit& edit);

/// A SAS that only creates does not replace a blob that is there, and nobody replaces an archived
/// one.
Outcome<void> check_may_overwrite(const Call& call, const Blob* current);

/// x-ms-version-id, and for the present version that it is that.
void add_version_fields(http::Headers& headers, const Selected& selected);
/// The same for what was just written.
void add_version_field(http::Headers& headers, const Blob& blob);

}  // namespace aloft::emulator::blob
