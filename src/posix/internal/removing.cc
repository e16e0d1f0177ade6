// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cerrno>

#include "format/content_version.h"
#include "format/names.h"
#include "posix/internal/staging_hold.h"
#include "posix/internal/state.h"

namespace aloft::posix {

/// Order: copy, then the caller removes the name. Killed in between, the name is still there and
/// the copy waits for the janitor of the hidden area.
Result<void> FileSystem::State::make_orphan(const NodePointer& node, const Limits& limits) {
  std::shared_ptr<FileContent> content;
  bool uncommitted = false;
  Place place{node->store, {}};
  {
    auto state = node->state.lock();
    if (state->handles == 0 || state->content == nullptr) return {};
    content = state->content;
    uncommitted = state->uncommitted;
    place.key = state->key;
  }
  const StagingHold hold = TRY(StagingHold::take(*content, limits));
  // Staged blocks belong to the key: where memory does not have them any more, they are committed.
  if (!content->forget_staged()) {
    TRY(save_content(node, limits));
    uncommitted = false;
  }
  const std::string orphan =
      fmt::format("{}/orphans/{}", format::kHiddenArea, options_.random->hex(16));
  if (!uncommitted) {
    const Base base = content->base();
    const SourceRef source = TRY(place.store->source_ref(place.key));
    Metadata metadata = base.info->metadata;
    format::keep_content_version(*base.info, metadata);
    metadata.insert_or_assign(std::string(kCommitKey), options_.random->hex(8));
    const PutResult copied = TRY(place.store->copy({.source = source,
                                                    .key = orphan,
                                                    .metadata = &metadata,
                                                    .conditions = {.if_none_match = "*"},
                                                    .source_if_match = base.info->etag},
                                                   limits));
    ObjectInfo info = *base.info;
    info.key = orphan;
    info.etag = copied.etag;
    info.last_modified = copied.last_modified;
    info.metadata = std::move(metadata);
    content->adopt_attributes(base.content, info, now());
    node->state.lock()->info = std::move(info);
  }
  auto state = node->state.lock();
  state->key = orphan;
  state->unlinked = true;
  return {};
}

Result<void> FileSystem::State::remove_file(InodeId parent, std::string_view name,
                                            const Limits& limits) {
  const NodePointer directory = TRY(find_writable_directory(parent, name));
  const NodePointer node = inodes_.find(parent, name);
  Turn::Held turn;
  if (node != nullptr) turn = TRY(node->turn.take(limits));
  const bool only_here =
      node != nullptr && exists_here(directory, name) && node->state.lock()->uncommitted;
  std::string key;
  if (!only_here) {
    const Resolved resolved = TRY(resolve(directory, name, limits));
    if (resolved.entry.directory) {
      return fail(os_error(EISDIR, fmt::format("{} is a directory", name)));
    }
    key = resolved.entry.key;
  }
  if (node != nullptr) TRY(make_orphan(node, limits));
  if (!only_here) {
    TRY(make_explicit(directory, limits));
    const auto removed = directory->store->remove(key, {}, limits);
    if (!removed) {
      // Open handles are with the orphan already: the name gets an inode of its own again.
      if (node != nullptr && node->state.lock()->unlinked) inodes_.unlink(parent, name);
      directory->directory.forget(std::string(name));
      return fail(removed.error());
    }
  }
  if (node != nullptr) node->state.lock()->unlinked = true;
  directory->directory.remove(std::string(name), now());
  // From here on the name may be that of a newer file, which is left alone.
  if (only_here) directory->directory.remove_uncommitted(std::string(name));
  if (node != nullptr) inodes_.unlink(parent, name, *node);
  return {};
}

Result<void> FileSystem::State::check_empty(const NodePointer& parent, std::string_view name,
                                            const format::ListedEntry& entry,
                                            const Limits& limits) {
  const auto not_empty = [&] {
    return fail(os_error(ENOTEMPTY, fmt::format("{} is not empty", name)));
  };
  const NodePointer node = inodes_.find(parent->id, name);
  if (node != nullptr && !node->directory.uncommitted().empty()) return not_empty();
  const std::string prefix = prefix_of(entry.key);
  std::string marker;
  do {
    ListPage page = TRY(parent->store->list(
        {.prefix = prefix, .marker = marker, .entries_max = 2, .metadata = false}, limits));
    for (const ObjectInfo& object : page.objects) {
      if (object.key != prefix) return not_empty();
    }
    marker = std::move(page.next_marker);
  } while (!marker.empty());
  return {};
}

/// "d" and "d/", the forms of a directory's own object.
Result<void> FileSystem::State::remove_markers(ObjectStore& store, const format::ListedEntry& entry,
                                               const Limits& limits) {
  const auto remove = [&](const std::string& key, Etag etag) -> Result<void> {
    auto removed = store.remove(key, {.if_match = std::move(etag)}, limits);
    if (!removed && removed.error().code != ErrorCode::not_found) return removed;
    return {};
  };
  TRY(remove(prefix_of(entry.key), {}));
  // Without an object it may be one that a file of the same key shadows: that stays.
  if (!entry.object) return {};
  auto removed = remove(entry.key, entry.object->etag);
  if (removed || removed.error().code != ErrorCode::precondition_failed) return removed;
  // Somebody changed its attributes, or made a file of it.
  const ObjectInfo present = TRY(store.head(entry.key, limits));
  if (format::decode_attributes(present).kind != format::FileKind::directory) {
    return fail(os_error(ENOTDIR, fmt::format("{} is a file now", entry.key)));
  }
  return remove(entry.key, present.etag);
}

Result<void> FileSystem::State::remove_directory(InodeId parent, std::string_view name,
                                                 const Limits& limits) {
  const NodePointer directory = TRY(find_directory(parent));
  if (directory->level != Level::container && directory->level != Level::object) {
    return fail(os_error(EPERM, fmt::format("{}: a container is removed with aloft rm --container "
                                            "alone",
                                            name)));
  }
  TRY(find_writable_directory(parent, name));
  const NodePointer node = inodes_.find(parent, name);
  Turn::Held turn;  // Whoever makes it at the moment holds it.
  if (node != nullptr) turn = TRY(node->turn.take(limits));
  if (exists_here(directory, name)) {
    return fail(os_error(ENOTDIR, fmt::format("{} is not a directory", name)));
  }
  const Resolved resolved = TRY(resolve(directory, name, limits));
  if (!resolved.entry.directory) {
    return fail(os_error(ENOTDIR, fmt::format("{} is not a directory", name)));
  }
  TRY(check_empty(directory, name, resolved.entry, limits));
  TRY(make_explicit(directory, limits));
  TRY(remove_markers(*directory->store, resolved.entry, limits));
  if (node != nullptr) node->state.lock()->unlinked = true;
  inodes_.unlink(parent, name);
  directory->directory.remove(std::string(name), now());
  return {};
}

}  // namespace aloft::posix
