// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aloft {

/// Orders ASCII names without regard to case, as stores compare metadata names.
struct CaseInsensitiveLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](char x, char y) { return lower(x) < lower(y); });
  }
  static constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
};

/// The names and values that users keep with an object. A write replaces the whole set.
using Metadata = std::map<std::string, std::string, CaseInsensitiveLess>;

/// Under this name a conditional write leaves a random value of its own, by which RetryingStore
/// tells its own repeated write from somebody else's. It says nothing about the object: ignore it
/// in comparisons.
inline constexpr std::string_view kCommitKey = "aloft_commit";

/// "true" under this name makes an empty object the marker of a directory; where keys are paths
/// (ObjectStore::hierarchical), it is the directory.
inline constexpr std::string_view kDirectoryKey = "hdi_isfolder";

/// Whether they are those of a directory, whatever else they say.
bool is_directory(const Metadata& metadata);

/// Fails with invalid_argument where a store would refuse it: names are identifiers, values
/// printable ASCII, all together at most 8 KiB.
Result<void> check_metadata(const Metadata& metadata);

}  // namespace aloft
