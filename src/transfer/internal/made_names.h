// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>

#include "transfer/placement.h"

namespace aloft::transfer {

/// What one copy has made, so that of two sources with a name in common none takes the place of the
/// other, however deep (cp(1) sees to the sources themselves only); where the disk takes names for
/// one that differ by case alone, so does this. Holds only the names of copies whose destinations
/// meet, or that go to such a disk, so most often none. For one thread.
class MadeNames {
 public:
  explicit MadeNames(std::span<const PlacedCopy> copies);
  /// As if the disk folded case, or not.
  MadeNames(std::span<const PlacedCopy> copies, bool folds_case);

  /// Fails with already_exists if `path`, of the destination of `copy`, was made before and one of
  /// the two is no directory.
  Result<void> check(const PlacedCopy& copy, const std::string& path, const Entry& source) const;
  void add(const PlacedCopy& copy, const std::string& path, FileKind kind);

 private:
  struct Made {
    std::string name;
    bool is_directory = false;
  };
  bool is_kept(const PlacedCopy& copy) const;
  std::string key_of(const std::string& name) const;

  const bool folds_case_;
  std::set<std::string> meeting_;  // Destinations.
  std::map<std::string, Made> made_;
};

}  // namespace aloft::transfer
