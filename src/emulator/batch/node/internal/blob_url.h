// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/endpoint.h"

namespace aloft::emulator::batch {

/// The URL of a container or of one file, as the author of a task wrote it, perhaps with a SAS.
struct BlobUrl {
  http::Endpoint endpoint{};
  std::string path{};   ///< Encoded, without a final "/".
  std::string query{};  ///< A SAS is a secret: never in messages.

  /// The blob `name` of the container that this is.
  BlobUrl blob(std::string_view name) const;
  /// What is sent: path, the SAS, and `parameters` ("comp=list&…").
  std::string target(std::string_view parameters = {}) const;
  /// For messages: without query.
  std::string shown() const;
  /// Whether a token may travel there: by TLS, or within this machine.
  bool is_safe() const;
};

/// Fails with invalid_argument for what is no http or https URL.
Result<BlobUrl> parse_blob_url(std::string_view text);

}  // namespace aloft::emulator::batch
