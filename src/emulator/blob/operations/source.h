// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "emulator/blob/call.h"

namespace aloft::emulator::blob {

/// Whose word opens the source of a copy: a SAS in its URL always; a token of its own
/// (x-ms-copy-source-authorization) where the answer comes with the copy's end; for Copy Blob,
/// which ignores that field (its page has none), the Shared Key or token of the request, since
/// source and destination are of one account.
enum class SourceTrust { source_only, request_too };

struct Source {
  std::shared_ptr<const Blob> blob;
  std::string url;  ///< Without the query, which may hold a secret.
};

/// The blob that x-ms-copy-source names, if it is in this emulator, the request may read it, the
/// x-ms-source-if-… conditions hold, and it is not in the archive.
Outcome<Source> find_source(Call& call, SourceTrust trust);
/// As above, of any tier.
Outcome<Source> find_source_of_any_tier(Call& call, SourceTrust trust);

/// Checks what is copied against x-ms-source-content-md5 and -crc64, where given; `headers` gets
/// the checksum that was checked.
Outcome<void> check_source_checksums(const Call& call, const std::vector<Slice>& slices,
                                     http::Headers& headers);

}  // namespace aloft::emulator::blob
