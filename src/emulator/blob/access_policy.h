// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/blob/service_error.h"
#include "http/message.h"

namespace aloft::emulator::blob {

/// What a container's service SAS may leave to the container: it names the policy, and the policy
/// can be changed later. Fields that are empty are for the SAS to say.
struct AccessPolicy {
  std::string id{};
  std::string start{};  ///< As the client wrote it, as is the next.
  std::string expiry{};
  std::string permissions{};
};

/// What anybody may read who has no credential at all.
enum class PublicAccess {
  none,
  blob,       ///< The blobs, by their names.
  container,  ///< Also lists of them, and the container's properties.
};

/// From x-ms-blob-public-access; none where it is absent.
Outcome<PublicAccess> parse_public_access(const http::Headers& headers);
/// "blob", "container", or empty.
std::string_view name_of(PublicAccess access);

/// From the body of Set Container ACL, which may be empty: at most five policies.
Outcome<std::vector<AccessPolicy>> parse_access_policies(std::string_view document);
std::string access_policies_document(const std::vector<AccessPolicy>& policies);

}  // namespace aloft::emulator::blob
