// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/made_names.h"

#include "transfer/internal/case_folding.h"

namespace aloft::transfer {
namespace {

/// All copies go to one place, so to one disk.
bool disk_folds_case(std::span<const PlacedCopy> copies) {
  if (copies.empty() || !copies.front().target.local) return false;
  const bool single =
      copies.size() == 1 && copies.front().source.entry.kind() != FileKind::directory;
  if (single) return false;
  const Located& target = copies.front().target;
  const bool is_directory = target.exists && target.entry.kind() == FileKind::directory;
  return folds_case(target.local->directory(),
                    is_directory ? std::string_view(target.path) : parent_of(target.path));
}

}  // namespace

MadeNames::MadeNames(std::span<const PlacedCopy> copies)
    : MadeNames(copies, disk_folds_case(copies)) {}

MadeNames::MadeNames(std::span<const PlacedCopy> copies, bool folds_case)
    : folds_case_(folds_case) {
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

bool MadeNames::is_kept(const PlacedCopy& copy) const {
  return folds_case_ || (!meeting_.empty() && meeting_.contains(copy.target.shown()));
}

std::string MadeNames::key_of(const std::string& name) const {
  return folds_case_ ? folded(name) : name;
}

Result<void> MadeNames::check(const PlacedCopy& copy, const std::string& path,
                              const Entry& source) const {
  if (!is_kept(copy)) return {};
  const std::string name = copy.target.tree().name_of(path);
  const auto found = made_.find(key_of(name));
  if (found == made_.end()) return {};
  const Made& made = found->second;
  const bool by_case = made.name != name;
  if (!by_case && made.is_directory && source.kind() == FileKind::directory) return {};
  return fail(
      ErrorCode::already_exists,
      "will not replace " + made.name + ", just made, by " +
          copy.source.tree().name_of(source.path) +
          (by_case ? ", which is the same name on this disk, where case does not count" : "") +
          "; copy it to another place");
}

void MadeNames::add(const PlacedCopy& copy, const std::string& path, FileKind kind) {
  if (!is_kept(copy)) return;
  std::string name = copy.target.tree().name_of(path);
  std::string key = key_of(name);
  made_.try_emplace(std::move(key),
                    Made{.name = std::move(name), .is_directory = kind == FileKind::directory});
}

}  // namespace aloft::transfer
