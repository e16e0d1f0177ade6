// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/made_names.h"

namespace aloft::transfer {

MadeNames::MadeNames(std::span<const PlacedCopy> copies) {
  std::set<std::string> targets;
  for (const PlacedCopy& copy : copies) {
    std::string target = copy.target.shown();
    if (!targets.insert(target).second) meeting_.insert(std::move(target));
  }
  for (const std::string& target : targets) {
    for (std::string_view above = parent_of(target); !above.empty(); above = parent_of(above)) {
      const auto outer = targets.find(std::string(above));
      if (outer == targets.end()) continue;
      meeting_.insert(target);
      meeting_.insert(*outer);
    }
  }
}

bool MadeNames::meets_another(const PlacedCopy& copy) const {
  return !meeting_.empty() && meeting_.contains(copy.target.shown());
}

Result<void> MadeNames::check(const PlacedCopy& copy, const std::string& path,
                              const Entry& source) const {
  if (!meets_another(copy)) return {};
  const std::string name = copy.target.tree().name_of(path);
  const auto made = is_directory_.find(name);
  const bool both_directories =
      made != is_directory_.end() && made->second && source.kind() == FileKind::directory;
  if (made == is_directory_.end() || both_directories) return {};
  return fail(ErrorCode::already_exists, "will not replace " + name + ", just made, by " +
                                             copy.source.tree().name_of(source.path) +
                                             "; copy it to another place");
}

void MadeNames::add(const PlacedCopy& copy, const std::string& path, FileKind kind) {
  if (!meets_another(copy)) return;
  is_directory_.emplace(copy.target.tree().name_of(path), kind == FileKind::directory);
}

}  // namespace aloft::transfer
