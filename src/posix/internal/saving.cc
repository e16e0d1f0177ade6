// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "base/log/log.h"
#include "format/content_version.h"
#include "posix/internal/state.h"

namespace aloft::posix {
namespace {

/// How often a write of attributes meets one of somebody else before it gives up.
constexpr int kAttemptsMax = 10;

bool is_condition(const Error& error) {
  return error.code == ErrorCode::precondition_failed || error.code == ErrorCode::already_exists;
}

format::FileAttributes to_save(const Node::State& state) {
  format::FileAttributes attributes = state.unsaved;
  if (state.directory) attributes.kind = format::FileKind::directory;
  return attributes;
}

}  // namespace

NodePointer FileSystem::State::parent_of(Node& node) {
  const InodeId parent = node.state.lock()->parent;
  auto found = inodes_.find(parent);
  return found ? *found : nullptr;
}

/// Tells the directory what the store has now under the node's name.
void FileSystem::State::show_in_directory(Node& node) {
  const NodePointer parent = parent_of(node);
  if (parent == nullptr) return;
  std::string name;
  format::ListedEntry entry;
  {
    auto state = node.state.lock();
    // The top of the mount stands in no directory.
    if (state->unlinked || node.id == kRootInode) return;
    name = state->name;
    entry = {.key = state->key, .directory = state->directory, .object = state->info};
  }
  parent->directory.put(name, std::move(entry), now());
  parent->directory.remove_uncommitted(name);
}

void FileSystem::State::saved(Node& node, const ObjectInfo& info) {
  {
    auto state = node.state.lock();
    state->info = info;
    state->asked_at = now();
    state->uncommitted = false;
    const format::FileKind kind = state->unsaved.kind;
    state->unsaved = {.kind = kind};
    state->has_unsaved = false;
  }
  show_in_directory(node);
}

/// What is known of the file may be wrong: a change of it failed, perhaps after the store made it.
void FileSystem::State::ask_again(Node& node) {
  std::string name;
  {
    auto state = node.state.lock();
    state->asked_at = now() - options_.ttl;
    name = state->name;
  }
  if (const NodePointer parent = parent_of(node)) parent->directory.forget(name);
}

/// The content failed for good: those who open the file from now on see what the store has.
void FileSystem::State::give_up(Node& node) {
  std::string name;
  bool uncommitted = false;
  {
    auto state = node.state.lock();
    state->content = nullptr;
    uncommitted = std::exchange(state->uncommitted, false);
    const format::FileKind kind = state->unsaved.kind;
    state->unsaved = {.kind = kind};
    state->has_unsaved = false;
    name = state->name;
  }
  const NodePointer parent = parent_of(node);
  // Else the name may be that of a newer file.
  if (uncommitted && parent != nullptr) parent->directory.remove_uncommitted(name);
  ask_again(node);
}

Result<void> FileSystem::State::save_content(const NodePointer& node, const Limits& limits) {
  std::shared_ptr<FileContent> content;
  bool uncommitted = false;
  bool has_unsaved = false;
  Place place{node->store, {}};
  {
    auto state = node->state.lock();
    content = state->content;
    uncommitted = state->uncommitted;
    has_unsaved = state->has_unsaved;
    place.key = state->key;
  }
  if (content == nullptr) return {};
  if (!uncommitted && !content->is_dirty()) {
    return has_unsaved ? save_attributes(node, limits) : Result<void>();
  }
  const ContentId before = content->base().content;
  auto made = committer_.commit(
      place, *content,
      [&](Metadata& metadata, std::optional<std::chrono::nanoseconds> written_at) {
        format::FileAttributes attributes = to_save(*node->state.lock());
        if (written_at) attributes.mtime = written_at;
        format::encode_attributes(attributes, metadata);
      },
      limits);
  if (!made) {
    if (!content->status()) give_up(*node);
    return fail(std::move(made).error());
  }
  {
    auto state = node->state.lock();
    const ContentId after = content->base().content;
    const std::string version = format::content_version(*made);
    // What the kernel cached of the version before was written through here.
    if (before == state->cached_content && state->kernel_content == state->cached_version) {
      state->kernel_content = version;
    }
    state->cached_content = after;
    state->cached_version = version;
  }
  saved(*node, *made);
  return {};
}

Result<void> FileSystem::State::save_content_in_turn(const NodePointer& node,
                                                     const Limits& limits) {
  const Turn::Held turn = TRY(node->turn.take(limits));
  return save_content(node, limits);
}

Result<void> FileSystem::State::save_attributes(const NodePointer& node, const Limits& limits) {
  Error last_error{.code = ErrorCode::unavailable, .message = {}};
  for (int attempts = 0; attempts < kAttemptsMax; ++attempts) {
    std::optional<ObjectInfo> info;
    format::FileAttributes attributes;
    Place place{node->store, {}};
    {
      auto state = node->state.lock();
      info = state->info;
      attributes = to_save(*state);
      place.key = state->key;
    }
    if (!info) {
      // A directory that only keys imply gets an object of its own.
      auto made = put_new(place, attributes, {}, limits);
      if (made) {
        saved(*node, *made);
        return {};
      }
      if (!is_condition(made.error())) return fail(std::move(made).error());
      last_error = std::move(made).error();
      node->state.lock()->info = TRY(place.store->head(place.key, limits));
      continue;
    }
    Metadata metadata = info->metadata;
    format::encode_attributes(attributes, metadata);
    if (attributes.kind == format::FileKind::regular) format::keep_content_version(*info, metadata);
    const std::string commit_id = options_.random->hex(8);
    metadata.insert_or_assign(std::string(kCommitKey), commit_id);
    TRY(format::check_metadata_size(name_of(place), metadata));
    auto written = place.store->set_metadata(place.key, metadata, {.if_match = info->etag}, limits);
    if (written) {
      info->etag = written->etag;
      info->last_modified = written->last_modified;
      info->metadata = std::move(metadata);
    } else {
      if (!is_condition(written.error())) return fail(std::move(written).error());
      last_error = std::move(written).error();
      // Somebody else's attributes, or content: ours go on top of either.
      info = TRY(place.store->head(place.key, limits));
      const auto commit = info->metadata.find(kCommitKey);
      if (commit == info->metadata.end() || commit->second != commit_id) {
        node->state.lock()->info = info;
        continue;
      }
    }
    const auto content = node->state.lock()->content;
    if (content != nullptr) {
      const Base base = content->base();
      if (base.info && format::same_content(*base.info, *info)) {
        content->adopt_attributes(base.content, *info, now());
      }
    }
    saved(*node, *info);
    return {};
  }
  return fail(std::move(last_error));
}

std::vector<NodePointer> FileSystem::State::open_nodes() {
  std::vector<NodePointer> nodes;
  auto files = files_.lock();
  for (const auto& [id, handle] : files->by_id) nodes.push_back(handle->node);
  return nodes;
}

/// Called when a write found no memory: makes progress, or waits for somebody's.
Result<void> FileSystem::State::make_room(const NodePointer& node, FileContent& content,
                                          const Limits& limits) {
  const std::uint64_t since = budget_.changes();
  if (auto error = content.take_staging_error()) return fail(*std::move(error));
  if (content.drop_staged_bytes() > 0) return {};
  const auto stage = [&](const NodePointer& file, const std::shared_ptr<FileContent>& dirty) {
    const auto parts = dirty->stageable_parts(false);
    const auto key_now = [&] { return file->place().key; };
    for (const std::uint64_t begin : parts) {
      stager_.stage_later(file->store, key_now, dirty, begin);
    }
    return !parts.empty();
  };
  bool staging = false;
  std::uint64_t freed = 0;
  const auto own = node->state.lock()->content;
  if (own != nullptr) staging = stage(node, own);
  for (const NodePointer& other : open_nodes()) {
    const auto dirty = other->state.lock()->content;
    if (dirty == nullptr || dirty == own) continue;
    freed += dirty->drop_staged_bytes();
    if (!staging) stage(other, dirty);
  }
  if (freed > 0) return {};
  return budget_.wait_for_change(since, limits);
}

Result<void> FileSystem::State::drain(const Limits& limits) {
  Result<void> first;
  for (const NodePointer& node : open_nodes()) {
    if (node->state.lock()->unlinked) continue;
    auto result = save_content_in_turn(node, limits);
    if (!result && first) first = std::move(result);
  }
  return first;
}

}  // namespace aloft::posix
