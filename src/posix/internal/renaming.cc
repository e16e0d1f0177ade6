// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/renaming.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>

#include <cerrno>
#include <utility>

#include "format/content_version.h"

namespace aloft::posix {
namespace {

/// How often a rename meets a change of its source by somebody else before it gives up.
constexpr int kAttemptsMax = 5;

/// Both turns, always in the same order; `other` may be null.
Result<std::pair<Turn::Held, Turn::Held>> take_turns(Node& node, Node* other,
                                                     const Limits& limits) {
  std::pair<Turn::Held, Turn::Held> turns;
  const bool node_first = other == nullptr || node.id < other->id;
  if (node_first) turns.first = TRY(node.turn.take(limits));
  if (other != nullptr) turns.second = TRY(other->turn.take(limits));
  if (!node_first) turns.first = TRY(node.turn.take(limits));
  return turns;
}

}  // namespace

Result<FileSystem::State::Renaming> FileSystem::State::begin_rename(InodeId parent,
                                                                    std::string_view name,
                                                                    InodeId new_parent,
                                                                    std::string_view new_name,
                                                                    unsigned flags) {
  if ((flags & ~static_cast<unsigned>(RENAME_NOREPLACE)) != 0) {
    return fail(os_error(EINVAL, "of the flags of rename only RENAME_NOREPLACE is offered"));
  }
  const NodePointer from_directory = TRY(find_writable_directory(parent, name));
  const NodePointer to_directory = TRY(find_writable_directory(new_parent, new_name));
  Renaming renaming{.from_directory = from_directory,
                    .from_name = std::string(name),
                    .to_directory = to_directory,
                    .to_name = std::string(new_name),
                    .to_key = {},
                    .no_replace = flags != 0};
  if (renaming.from_directory->store->name() != renaming.to_directory->store->name()) {
    return fail(
        os_error(EXDEV, fmt::format("{} and {} are in different containers", name, new_name)));
  }
  renaming.to_key = TRY(key_of_new(renaming.to_directory, new_name));
  return renaming;
}

Result<void> FileSystem::State::rename(InodeId parent, std::string_view name, InodeId new_parent,
                                       std::string_view new_name, unsigned flags,
                                       const Limits& limits) {
  Renaming renaming = TRY(begin_rename(parent, name, new_parent, new_name, flags));
  if (parent == new_parent && name == new_name) {
    TRY(lookup(parent, name, limits));
    inodes_.forget(inodes_.find(parent, name)->id, 1);
    if (!renaming.no_replace) return {};
    return fail(os_error(EEXIST, fmt::format("{} exists already", new_name)));
  }
  const Entry entry = TRY(lookup(parent, name, limits));
  struct GiveBack {
    InodeTable& inodes;
    InodeId id;
    ~GiveBack() { inodes.forget(id, 1); }
  } const give_back{inodes_, entry.inode};
  renaming.node = TRY(inodes_.find(entry.inode));
  renaming.target = inodes_.find(new_parent, new_name);

  const auto turns = TRY(take_turns(*renaming.node, renaming.target.get(), limits));
  if (inodes_.find(parent, name) != renaming.node) {
    return fail(os_error(ENOENT, fmt::format("{} was renamed or removed meanwhile", name)));
  }
  const bool is_directory = renaming.node->state.lock()->directory;
  return is_directory ? rename_directory(renaming, limits) : rename_file(renaming, limits);
}

/// Order: the new name is made, then the old one removed. Killed in between, both names lead to
/// the file; there is no moment without any.
Result<void> FileSystem::State::rename_file(Renaming& renaming, const Limits& limits) {
  const bool target_only_here = exists_here(renaming.to_directory, renaming.to_name);
  if (!target_only_here) {
    auto target = resolve(renaming.to_directory, renaming.to_name, limits);
    if (!target && errno_of(target.error()) != ENOENT) return fail(std::move(target).error());
    if (target) renaming.target_entry = std::move(target->entry);
  }
  if (renaming.no_replace && (target_only_here || renaming.target_entry)) {
    return fail(os_error(EEXIST, fmt::format("{} exists already", renaming.to_name)));
  }
  if (renaming.target_entry && renaming.target_entry->directory) {
    return fail(os_error(EISDIR, fmt::format("{} is a directory", renaming.to_name)));
  }
  TRY(save_content(renaming.node, limits));
  TRY(make_explicit(renaming.from_directory, limits));
  if (renaming.target != nullptr) TRY(make_orphan(renaming.target, limits));
  auto moved = move_object(renaming, limits);
  if (!moved) {
    renaming.to_directory->directory.forget(renaming.to_name);
    renaming.from_directory->directory.forget(renaming.from_name);
    if (renaming.target != nullptr && renaming.target->state.lock()->unlinked) {
      renaming.to_directory->directory.remove_uncommitted(renaming.to_name);
      inodes_.unlink(renaming.to_directory->id, renaming.to_name, *renaming.target);
    }
    return fail(std::move(moved).error());
  }
  finish_rename(renaming, *moved);
  return {};
}

Result<ObjectInfo> FileSystem::State::move_object(Renaming& renaming, const Limits& limits) {
  ObjectStore& store = *renaming.node->store;
  std::string from_key;
  std::optional<ObjectInfo> info;
  std::shared_ptr<FileContent> content;
  {
    auto state = renaming.node->state.lock();
    from_key = state->key;
    info = state->info;
    content = state->content;
  }
  // Blocks that writers stage after this belong to the new key.
  renaming.content = content;
  if (content != nullptr) renaming.staging = TRY(StagingHold::take(*content, limits));
  if (content != nullptr && !content->forget_staged()) {
    TRY(save_content(renaming.node, limits));
    info = renaming.node->state.lock()->info;
  }
  if (!info) return fail(os_error(EIO, fmt::format("{} has no object to rename", from_key)));
  if (TRY(store.hierarchical(limits))) {
    auto renamed = rename_object(renaming, *info, limits);
    if (renamed || renamed.error().code != ErrorCode::unsupported) return renamed;
  }
  return copy_object(renaming, from_key, *std::move(info), limits);
}

/// At once, where the store does it.
Result<ObjectInfo> FileSystem::State::rename_object(const Renaming& renaming, ObjectInfo info,
                                                    const Limits& limits) {
  ObjectStore& store = *renaming.node->store;
  const std::string from_key = info.key;
  for (int attempts = 0;; ++attempts) {
    const auto renamed =
        store.rename({.from = from_key,
                      .to = renaming.to_key,
                      .conditions = {.if_none_match = renaming.no_replace ? "*" : ""},
                      .source_if_match = info.etag},
                     limits);
    if (renamed) {
      info.key = renaming.to_key;
      return info;
    }
    if (renamed.error().code == ErrorCode::already_exists) {
      return fail(os_error(EEXIST, fmt::format("{} exists already", renaming.to_name)));
    }
    if (renamed.error().code != ErrorCode::precondition_failed || attempts == kAttemptsMax) {
      return fail(renamed.error());
    }
    // Somebody changed it since: what is there now is renamed.
    info = TRY(store.head(from_key, limits));
  }
}

Result<ObjectInfo> FileSystem::State::copy_object(Renaming& renaming, const std::string& from_key,
                                                  ObjectInfo info, const Limits& limits) {
  ObjectStore& store = *renaming.node->store;
  const SourceRef source = TRY(store.source_ref(from_key));
  for (int attempts = 0;; ++attempts) {
    Metadata metadata = info.metadata;
    if (renaming.node->state.lock()->unsaved.kind == format::FileKind::regular) {
      format::keep_content_version(info, metadata);
    }
    metadata.insert_or_assign(std::string(kCommitKey), options_.random->hex(8));
    auto copied = store.copy({.source = source,
                              .key = renaming.to_key,
                              .metadata = &metadata,
                              .conditions = {.if_none_match = renaming.no_replace ? "*" : ""},
                              .source_if_match = info.etag},
                             limits);
    const bool first = attempts == 0;
    if (!copied && copied.error().code == ErrorCode::already_exists) {
      return fail(os_error(EEXIST, fmt::format("{} exists already", renaming.to_name)));
    }
    auto removed = copied ? store.remove(from_key, {.if_match = info.etag}, limits)
                          : Result<void>(fail(copied.error()));
    if (!removed && copied && removed.error().code == ErrorCode::not_found) removed = {};
    if (removed) {
      ObjectInfo moved = info;
      moved.key = renaming.to_key;
      moved.etag = copied->etag;
      moved.last_modified = copied->last_modified;
      moved.metadata = std::move(metadata);
      return moved;
    }
    if (removed.error().code != ErrorCode::precondition_failed || attempts == kAttemptsMax) {
      return fail(std::move(removed).error());
    }
    // Somebody changed it since: what is there now is renamed. A copy of before is replaced.
    if (!first || copied) renaming.no_replace = false;
    info = TRY(store.head(from_key, limits));
  }
}

void FileSystem::State::finish_rename(Renaming& renaming, const ObjectInfo& moved) {
  Node& node = *renaming.node;
  if (renaming.target != nullptr) renaming.target->state.lock()->unlinked = true;
  inodes_.rename(renaming.from_directory->id, renaming.from_name, renaming.to_directory->id,
                 renaming.to_name);
  std::shared_ptr<FileContent> content;
  {
    auto state = node.state.lock();
    const std::string version = state->info ? format::content_version(*state->info) : "";
    // The kernel's and our own cached bytes stay good: the content moved along.
    if (state->cached_version == version) state->cached_version = format::content_version(moved);
    if (state->kernel_content == version) state->kernel_content = format::content_version(moved);
    state->key = moved.key;
    state->info = moved;
    state->asked_at = now();
    content = state->content;
  }
  if (content != nullptr) {
    const Base base = content->base();
    if (base.info && base.info->size_bytes == moved.size_bytes) {
      content->adopt_attributes(base.content, moved, now());
    }
  }
  renaming.from_directory->directory.remove(renaming.from_name, now());
  renaming.from_directory->directory.remove_uncommitted(renaming.from_name);
  renaming.to_directory->directory.remove_uncommitted(renaming.to_name);
  show_in_directory(node);
}

}  // namespace aloft::posix
