// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace aloft::azure {

/// az://ACCOUNT[/CONTAINER[/KEY]]: literal text, nothing in it is percent-encoded. What ends early
/// names the account or the container itself.
struct BlobUri {
  std::string account;
  std::string container{};  ///< Empty: the account.
  std::string key{};        ///< Empty: the container. May end with "/".

  bool operator==(const BlobUri&) const = default;
};

/// True for text that is meant as a BlobUri, well-formed or not.
bool looks_like_blob_uri(std::string_view text);

/// Fails with invalid_argument, showing `text` and how it should look. The key's own rules
/// (check_key) are not applied: it may be a prefix, or a path that format/ will escape.
Result<BlobUri> parse_blob_uri(std::string_view text);

/// What parse_blob_uri() reads.
std::string to_string(const BlobUri& uri);

}  // namespace aloft::azure
