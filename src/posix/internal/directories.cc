// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cerrno>

#include "posix/internal/state.h"

namespace aloft::posix {
namespace {

/// "." and "..".
constexpr std::uint64_t kDots = 2;

}  // namespace

Result<HandleId> FileSystem::State::open_directory(InodeId inode) {
  auto handle = std::make_shared<DirectoryHandle>();
  handle->node = TRY(find_directory(inode));
  inodes_.reference(inode);
  auto directories = directories_.lock();
  directories->by_id.emplace(++directories->last, std::move(handle));
  return directories->last;
}

void FileSystem::State::close_directory(HandleId handle) {
  std::shared_ptr<DirectoryHandle> closed;
  {
    auto directories = directories_.lock();
    const auto found = directories->by_id.find(handle);
    if (found == directories->by_id.end()) return;
    closed = std::move(found->second);
    directories->by_id.erase(found);
  }
  inodes_.forget(closed->node->id, 1);
}

Result<void> FileSystem::State::read_directory(
    HandleId handle, std::uint64_t offset, const std::function<bool(const DirectoryEntry&)>& visit,
    const Limits& limits) {
  std::shared_ptr<DirectoryHandle> directory;
  {
    auto directories = directories_.lock();
    const auto found = directories->by_id.find(handle);
    if (found == directories->by_id.end()) return fail(os_error(EBADF, "no such directory handle"));
    directory = found->second;
  }
  auto items = *directory->items.lock();
  if (offset == 0 || items == nullptr) {
    const auto [listing, listed_at] = TRY(list(directory->node, limits));
    auto fresh = std::make_shared<std::vector<DirectoryHandle::Item>>();
    for (const auto& [name, entry] : listing) fresh->push_back({name, entry});
    for (const std::string& name : directory->node->directory.uncommitted()) {
      if (!listing.contains(name))
        fresh->push_back({.name = name, .entry = {}, .uncommitted = true});
    }
    items = fresh;
    *directory->items.lock() = items;
    *directory->listed_at.lock() = listed_at;
  }
  const auto visit_dot = [&](std::string_view name, std::uint64_t next, const NodePointer& node) {
    const Attributes attributes = show(*node);
    return visit({.name = name, .next_offset = next, .inode = node->id, .attributes = attributes});
  };
  if (offset == 0 && !visit_dot(".", 1, directory->node)) return {};
  if (offset <= 1) {
    const NodePointer parent = parent_of(*directory->node);
    if (!visit_dot("..", kDots, parent != nullptr ? parent : directory->node)) return {};
  }
  const Clock::time_point listed_at = *directory->listed_at.lock();
  for (std::uint64_t at = offset > kDots ? offset - kDots : 0; at < items->size(); ++at) {
    const DirectoryHandle::Item& item = (*items)[at];
    NodePointer node;
    if (item.uncommitted) {
      node = inodes_.find(directory->node->id, item.name);
      if (node == nullptr) continue;  // Removed since.
      inodes_.reference(node->id);
    } else {
      node = refer_child(directory->node, item.name, {item.entry, listed_at});
    }
    const Attributes attributes = show(*node);
    const bool more = visit({.name = item.name,
                             .next_offset = at + kDots + 1,
                             .inode = node->id,
                             .attributes = attributes});
    // Who keeps it took a reference of its own.
    inodes_.forget(node->id, 1);
    if (!more) return {};
  }
  return {};
}

}  // namespace aloft::posix
