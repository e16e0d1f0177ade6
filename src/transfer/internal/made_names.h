// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>

#include "transfer/placement.h"

namespace aloft::transfer {

/// What one copy has made, so that of two sources with a name in common none takes the place of the
/// other, however deep (cp(1) sees to the sources themselves only). Holds only the names of copies
/// whose destinations meet, so most often none. For one thread.
class MadeNames {
 public:
  explicit MadeNames(std::span<const PlacedCopy> copies);

  /// Fails with already_exists if `path`, of the destination of `copy`, was made before and one of
  /// the two is no directory.
  Result<void> check(const PlacedCopy& copy, const std::string& path, const Entry& source) const;
  void add(const PlacedCopy& copy, const std::string& path, FileKind kind);

 private:
  bool meets_another(const PlacedCopy& copy) const;

  std::set<std::string> meeting_;  // Destinations.
  std::map<std::string, bool> is_directory_;
};

}  // namespace aloft::transfer
