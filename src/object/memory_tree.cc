// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <cerrno>
#include <vector>

#include "object/internal/memory_store.h"

namespace aloft::internal {
namespace {

bool is_directory(const MemoryEntry& entry) {
  return entry.committed != nullptr && is_directory(entry.committed->info.metadata);
}

/// "a" and "a/b" of "a/b/c", the first one first.
std::vector<std::string_view> parents_of(std::string_view key) {
  std::vector<std::string_view> parents;
  for (std::size_t slash = key.find('/'); slash != std::string_view::npos;
       slash = key.find('/', slash + 1)) {
    parents.push_back(key.substr(0, slash));
  }
  return parents;
}

/// Blocks that wait to be committed are nothing yet.
bool has_children(const MemoryContainer& container, std::string_view key) {
  const std::string prefix = std::string(key) + "/";
  for (auto at = container.lower_bound(prefix);
       at != container.end() && at->first.starts_with(prefix); ++at) {
    if (at->second.committed != nullptr) return true;
  }
  return false;
}

tl::unexpected<Error> conflict(int os_errno, std::string message) {
  return fail(Error{
      .code = ErrorCode::already_exists, .message = std::move(message), .os_errno = os_errno});
}

}  // namespace

Result<bool> MemoryStore::hierarchical(const Limits& limits) {
  TRY(limits.check(state_->clock, "looking at " + name()));
  return state_->hierarchical;
}

Result<void> MemoryStore::check_place(const MemoryContainer& container,
                                      const MemoryObject& version) const {
  const std::string& key = version.info.key;
  if (key.ends_with('/')) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}: a name ends with a slash", uri(key)));
  }
  for (const std::string_view parent : parents_of(key)) {
    const auto found = container.find(parent);
    if (found == container.end() || found->second.committed == nullptr) continue;
    if (!is_directory(found->second)) {
      return conflict(ENOTDIR, fmt::format("{} is not a directory", uri(parent)));
    }
  }
  const auto present = container.find(key);
  const bool replaces_directory = present != container.end() && is_directory(present->second);
  if (replaces_directory && !is_directory(version.info.metadata)) {
    return conflict(EISDIR, fmt::format("{} is a directory", uri(key)));
  }
  return {};
}

Result<void> MemoryStore::make_parents(MemoryContainers& containers, std::string_view key) const {
  MemoryContainer& container = *TRY(open(containers));
  for (const std::string_view parent : parents_of(key)) {
    MemoryEntry& entry = container[std::string(parent)];
    if (entry.committed != nullptr) continue;
    replace(
        containers, entry,
        {.info = {.key = std::string(parent), .metadata = {{std::string(kDirectoryKey), "true"}}},
         .pieces = {{.id = {}, .bytes = copy_of({})}}});
  }
  return {};
}

Result<void> MemoryStore::check_leaf(const MemoryContainer& container, std::string_view key) const {
  if (!has_children(container, key)) return {};
  return conflict(ENOTEMPTY, fmt::format("{} is not empty", uri(key)));
}

Result<void> MemoryStore::check_rename(const RenameRequest& request,
                                       const MemoryContainer& container) const {
  const auto source = container.find(request.from);
  if (source == container.end() || source->second.committed == nullptr) {
    return not_found(request.from);
  }
  TRY(check({.if_match = std::string(request.source_if_match)}, source->second.committed.get(),
            request.from));
  if ((std::string(request.to) + "/").starts_with(std::string(request.from) + "/")) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} cannot move to {}, into itself", uri(request.from), request.to));
  }
  const auto parents = parents_of(request.to);
  if (!parents.empty()) {
    const auto parent = container.find(parents.back());
    if (parent == container.end()) return not_found(parents.back());
    if (!is_directory(parent->second)) {
      return conflict(ENOTDIR, fmt::format("{} is not a directory", uri(parents.back())));
    }
  }
  const auto target = container.find(request.to);
  const bool there = target != container.end() && target->second.committed != nullptr;
  TRY(check(request.conditions, there ? target->second.committed.get() : nullptr, request.to));
  if (!there) return {};
  if (is_directory(target->second) || is_directory(source->second)) {
    return conflict(0, fmt::format("{} exists already", uri(request.to)));
  }
  return {};
}

Result<void> MemoryStore::rename(const RenameRequest& request, const Limits& limits) {
  TRY(check_call(request.from, limits, "renaming"));
  TRY(check_call(request.to, limits, "renaming to"));
  if (!state_->hierarchical) {
    return fail(ErrorCode::unsupported, fmt::format("{} has no renaming", name()));
  }
  auto containers = state_->containers.lock();
  MemoryContainer& container = *TRY(open(*containers));
  TRY(check_rename(request, container));
  container.erase(std::string(request.to));
  const std::string below = std::string(request.from) + "/";
  for (auto at = container.lower_bound(request.from); at != container.end();) {
    const auto next = std::next(at);
    if (at->first == request.from || at->first.starts_with(below)) {
      auto moved = container.extract(at);
      moved.key().replace(0, request.from.size(), request.to);
      MemoryEntry& entry = moved.mapped();
      if (entry.committed != nullptr) {
        // The same version under another name: it keeps its etag.
        auto version = std::make_shared<MemoryObject>(*entry.committed);
        version->info.key = moved.key();
        entry.committed = std::move(version);
      }
      // Blocks may wait there for an object of the same key; they go.
      container.insert_or_assign(moved.key(), std::move(entry));
    }
    at = next;
  }
  return {};
}

}  // namespace aloft::internal
