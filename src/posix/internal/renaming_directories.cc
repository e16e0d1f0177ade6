// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "posix/internal/renaming.h"

namespace aloft::posix {
namespace {

/// A file that was opened while its tree was renamed goes on under its new key: what it staged
/// under the old one is staged again.
void follow(Node& node, std::size_t from_length, const std::string& to_prefix,
            const Limits& limits) {
  const auto content = node.state.lock()->content;
  Result<StagingHold> hold;
  if (content != nullptr) {
    hold = StagingHold::take(*content, limits);
    static_cast<void>(content->take_staging_error());  // It is of the key that is gone.
    if (!hold || !content->forget_staged()) {
      content->fail_for_good(os_error(
          EIO, fmt::format("{}: its directory was renamed while it was written, and what was "
                           "sent is lost; write it again",
                           name_of(node.place()))));
    }
  }
  auto state = node.state.lock();
  state->key.replace(0, from_length, to_prefix);
  if (state->info) state->info->key = state->key;
}

}  // namespace

Result<void> FileSystem::State::rename_directory(Renaming& renaming, const Limits& limits) {
  const Resolved source = TRY(resolve(renaming.from_directory, renaming.from_name, limits));
  if (prefix_of(renaming.to_key).starts_with(prefix_of(source.entry.key))) {
    return fail(os_error(EINVAL, fmt::format("{} cannot move below itself", renaming.from_name)));
  }
  auto target = resolve(renaming.to_directory, renaming.to_name, limits);
  if (!target && errno_of(target.error()) != ENOENT) return fail(std::move(target).error());
  if (target || exists_here(renaming.to_directory, renaming.to_name)) {
    if (renaming.no_replace) {
      return fail(os_error(EEXIST, fmt::format("{} exists already", renaming.to_name)));
    }
    if (!target || !target->entry.directory) {
      return fail(os_error(ENOTDIR, fmt::format("{} is not a directory", renaming.to_name)));
    }
    TRY(check_empty(renaming.to_directory, renaming.to_name, target->entry, limits));
    renaming.target_entry = std::move(target->entry);
  }
  ObjectStore& store = *renaming.node->store;
  // Without an object it is in no tree of the store's.
  if (source.entry.object && TRY(store.hierarchical(limits))) {
    return rename_tree(renaming, *source.entry.object, limits);
  }
  return rename_empty(renaming, source.entry, limits);
}

/// An empty replaced directory goes first: killed in between, it has to be made again.
Result<void> FileSystem::State::remove_replaced(const Renaming& renaming, const Limits& limits) {
  if (!renaming.target_entry) return {};
  TRY(remove_markers(*renaming.node->store, *renaming.target_entry, limits));
  renaming.to_directory->directory.remove(renaming.to_name, now());
  return {};
}

/// The object of an empty directory gets another key. All else waits for rename intents.
Result<void> FileSystem::State::rename_empty(Renaming& renaming, const format::ListedEntry& source,
                                             const Limits& limits) {
  const auto empty = check_empty(renaming.from_directory, renaming.from_name, source, limits);
  if (!empty && errno_of(empty.error()) == ENOTEMPTY) {
    return fail(os_error(
        EOPNOTSUPP,
        fmt::format("{}: renaming a directory that is not empty is offered in accounts with a "
                    "hierarchical namespace only; copy it with cp -r and remove the old one",
                    renaming.from_name)));
  }
  TRY(empty);
  TRY(make_explicit(renaming.from_directory, limits));
  TRY(remove_replaced(renaming, limits));
  format::FileAttributes attributes{.kind = format::FileKind::directory};
  if (source.object) attributes = format::decode_attributes(*source.object);
  const ObjectInfo moved =
      TRY(put_new({renaming.node->store, renaming.to_key}, attributes, {}, limits));
  TRY(remove_markers(*renaming.node->store, source, limits));
  finish_rename(renaming, moved);
  return {};
}

std::vector<NodePointer> FileSystem::State::nodes_below(const Node& directory,
                                                        const std::string& prefix) {
  std::vector<NodePointer> below;
  for (NodePointer& node : inodes_.all()) {
    if (node->level != Level::object || node->store->name() != directory.store->name()) continue;
    auto state = node->state.lock();
    const bool inside = !state->unlinked && state->key.starts_with(prefix);
    state.mutex_lock().unlock();
    if (inside) below.push_back(std::move(node));
  }
  return below;
}

/// All that is in it at once. What has unsaved or staged content under its old key stays where it
/// is: an open file in it refuses the rename.
Result<void> FileSystem::State::rename_tree(Renaming& renaming, ObjectInfo object,
                                            const Limits& limits) {
  const std::string from_prefix = prefix_of(object.key);
  for (const NodePointer& node : nodes_below(*renaming.node, from_prefix)) {
    auto state = node->state.lock();
    if (state->content == nullptr && !state->uncommitted) continue;
    return fail(os_error(EBUSY, fmt::format("{} cannot be renamed while {} in it is open",
                                            renaming.from_name, state->name)));
  }
  TRY(remove_replaced(renaming, limits));
  TRY(renaming.node->store->rename(
      {.from = object.key, .to = renaming.to_key, .conditions = {.if_none_match = "*"}}, limits));
  // Also those that came since.
  for (const NodePointer& node : nodes_below(*renaming.node, from_prefix)) {
    follow(*node, from_prefix.size(), prefix_of(renaming.to_key), background_);
    node->directory.forget_all();
  }
  renaming.node->directory.forget_all();
  object.key = renaming.to_key;
  finish_rename(renaming, object);
  return {};
}

}  // namespace aloft::posix
