// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/existing.h"

namespace aloft::transfer {

namespace {

bool is_at_or_below(std::string_view path, std::string_view directory) {
  if (directory.empty()) return true;
  return path == directory || (path.starts_with(directory) && path.size() > directory.size() &&
                               path[directory.size()] == '/');
}

}  // namespace

Result<const Entry*> Existing::at(const std::string& path, const Limits& limits) {
  if (path == root_) return at_root_ ? &*at_root_ : nullptr;
  const Listing* const entries = TRY(listing(std::string(parent_of(path)), limits));
  const auto found = entries->find(base_of(path));
  return found == entries->end() ? nullptr : &found->second;
}

Result<const Existing::Listing*> Existing::listing(const std::string& directory,
                                                   const Limits& limits) {
  std::erase_if(listings_,
                [&](const auto& kept) { return !is_at_or_below(directory, kept.first); });
  const auto known = listings_.find(directory);
  if (known != listings_.end()) return &known->second;
  const Entry* const itself = TRY(at(directory, limits));
  Listing entries;
  if (itself != nullptr && itself->kind() == FileKind::directory) {
    for (Entry& entry : TRY(tree_.children(directory, limits))) {
      std::string name(base_of(entry.path));
      entries.emplace(std::move(name), std::move(entry));
    }
  }
  return &listings_.insert_or_assign(directory, std::move(entries)).first->second;
}

}  // namespace aloft::transfer
