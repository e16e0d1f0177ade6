// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "emulator/blob/blob.h"
#include "emulator/blob/service_error.h"
#include "emulator/blob/tags.h"
#include "http/message.h"

namespace aloft::emulator::blob {

/// The conditional header fields of one request; etags without quotation marks, "*" as it is.
struct Conditions {
  std::vector<std::string> if_match{};
  std::vector<std::string> if_none_match{};
  std::optional<Seconds> if_modified_since{};
  std::optional<Seconds> if_unmodified_since{};
  std::optional<TagFilter> if_tags{};
  std::optional<std::string> lease_id{};
  Seconds now{};  ///< When the request came: leases end.

  /// What an active lease means: writes to blobs need its id; others only must not give a wrong
  /// one.
  enum class LeaseUse { ignored, optional, required };
  LeaseUse lease_use = LeaseUse::required;

  bool any() const {
    return !if_match.empty() || !if_none_match.empty() || if_modified_since || if_unmodified_since;
  }
};

/// From If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, x-ms-if-tags and
/// x-ms-lease-id.
Outcome<Conditions> parse_conditions(const http::Headers& headers, Seconds now);
/// As above, for a container: Azure takes dates alone there, and no etags.
Outcome<Conditions> parse_container_conditions(const http::Headers& headers, Seconds now);
/// From the x-ms-source-if-… fields and x-ms-source-lease-id.
Outcome<Conditions> parse_source_conditions(const http::Headers& headers, Seconds now);

/// What a condition is compared with; nothing where there is no such resource.
struct Resource {
  EtagNumber etag = 0;
  Seconds modified_at{};
  std::optional<Lease> lease{};
  Leased what = Leased::blob;
  Tags tags{};
};
template <class T>
std::optional<Resource> resource_of(const T* value) {
  if (value == nullptr) return std::nullopt;
  Resource resource{.etag = value->etag, .modified_at = value->modified_at, .lease = value->lease};
  if constexpr (std::is_same_v<T, Container>) {
    resource.what = Leased::container;
  } else {
    resource.tags = value->tags;
  }
  return resource;
}

/// For reads, whose resource exists: 412, also where the id of a lease is given that is not its, or
/// 304 where the client's copy is still good.
Outcome<void> check_read(const Conditions& conditions, const Resource& resource);
/// For writes, by the holder of the lease if there is one: 412. A combination that Azure does not
/// take for writes is 400.
Outcome<void> check_write(const Conditions& conditions, const std::optional<Resource>& resource);
/// As above for what puts whole content there (Put Blob, Put Block List, Copy Blob): 409
/// BlobAlreadyExists where "If-None-Match: *" meets a blob that is there.
Outcome<void> check_write_of_content(const Conditions& conditions,
                                     const std::optional<Resource>& resource);
/// For the source of a copy, which exists: 412 SourceConditionNotMet.
Outcome<void> check_source(const Conditions& conditions, const Resource& resource);

}  // namespace aloft::emulator::blob
