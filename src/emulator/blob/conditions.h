// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "emulator/blob/blob.h"
#include "emulator/blob/service_error.h"
#include "http/message.h"

namespace aloft::emulator::blob {

/// The conditional header fields of one request; etags without quotation marks, "*" as it is.
struct Conditions {
  std::vector<std::string> if_match{};
  std::vector<std::string> if_none_match{};
  std::optional<Seconds> if_modified_since{};
  std::optional<Seconds> if_unmodified_since{};

  bool any() const {
    return !if_match.empty() || !if_none_match.empty() || if_modified_since || if_unmodified_since;
  }
};

/// From If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since.
Outcome<Conditions> parse_conditions(const http::Headers& headers);
/// From the x-ms-source-if-… fields.
Outcome<Conditions> parse_source_conditions(const http::Headers& headers);

/// What a condition is compared with; nothing where there is no such resource.
struct Resource {
  EtagNumber etag = 0;
  Seconds modified_at{};
};
template <class T>
std::optional<Resource> resource_of(const T* value) {
  if (value == nullptr) return std::nullopt;
  return Resource{.etag = value->etag, .modified_at = value->modified_at};
}

/// For reads, whose resource exists: 412, or 304 where the client's copy is still good.
Outcome<void> check_read(const Conditions& conditions, const Resource& resource);
/// For writes: 412, or 409 where "If-None-Match: *" meets a blob that is there. A combination that
/// Azure does not take for writes is 400.
Outcome<void> check_write(const Conditions& conditions, const std::optional<Resource>& resource);
/// For the source of a copy, which exists: 412 SourceConditionNotMet.
Outcome<void> check_source(const Conditions& conditions, const Resource& resource);

}  // namespace aloft::emulator::blob
