// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/sync_links.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "format/link_group.h"

namespace aloft::transfer {

namespace {

/// Equal for names of one file; empty for a file with but one name.
std::string file_of(const Entry& entry) {
  if (entry.kind() != FileKind::regular) return "";
  if (entry.object) return format::link_group_key(*entry.object);
  if (entry.links < 2) return "";
  return fmt::format("{}:{}", entry.file_id.device, entry.file_id.inode);
}

}  // namespace

bool SyncLinks::add(const Entry& entry, Step step) {
  // What is in the way of a name is no matter of the others.
  if (step == Step::conflict) return false;
  const std::string file = file_of(entry);
  if (file.empty()) return false;
  files_[file].push_back({.entry = entry, .step = step});
  return true;
}

std::vector<SyncLinks::Name> SyncLinks::decide() {
  std::vector<Name> decided;
  for (auto& [file, names] : std::exchange(files_, {})) {
    const bool copied =
        std::ranges::any_of(names, [](const Name& name) { return name.step == Step::copy; });
    for (Name& name : names) {
      if (copied) name.step = Step::copy;
      decided.push_back(std::move(name));
    }
  }
  return decided;
}

}  // namespace aloft::transfer
