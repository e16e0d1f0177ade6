// SPDX-License-Identifier: Apache-2.0
#include "format/attributes.h"

#include <fmt/format.h>

#include <cerrno>

#include "posix/internal/state.h"

namespace aloft::posix {
namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kDirectoryMode = 0755;
constexpr mode_t kLinkMode = 0777;
constexpr mode_t kCatalogueMode = 0555;
constexpr blksize_t kBlockBytes = 128 * 1024;
/// As Linux: a longer target cannot be followed.
constexpr std::uint64_t kTargetBytesMax = 4095;

mode_t default_mode(format::FileKind kind) {
  if (kind == format::FileKind::directory) return kDirectoryMode;
  return kind == format::FileKind::symlink ? kLinkMode : kFileMode;
}

timespec to_timespec(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
}

std::chrono::nanoseconds from_timespec(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

template <class Value>
void overlay(std::optional<Value>& value, const std::optional<Value>& unsaved) {
  if (unsaved) value = unsaved;
}

/// What is stored, with what is not saved yet on top.
format::FileAttributes current(const Node::State& state) {
  format::FileAttributes all;
  if (state.info) all = format::decode_attributes(*state.info);
  all.kind = state.directory ? format::FileKind::directory : state.unsaved.kind;
  overlay(all.permissions, state.unsaved.permissions);
  overlay(all.uid, state.unsaved.uid);
  overlay(all.gid, state.unsaved.gid);
  overlay(all.mtime, state.unsaved.mtime);
  overlay(all.atime, state.unsaved.atime);
  return all;
}

}  // namespace

Attributes FileSystem::State::show(Node& node) {
  auto state = node.state.lock();
  const format::FileAttributes stored = current(*state);
  const bool squash = options_.ids.mode == IdMapping::Mode::squash;
  struct stat status {};
  status.st_ino = node.id;
  const bool catalogue = node.level != Level::container && node.level != Level::object;
  const mode_t permissions =
      catalogue ? kCatalogueMode : stored.permissions.value_or(default_mode(stored.kind));
  status.st_mode = permissions | format::type_bits(stored.kind);
  status.st_nlink = stored.kind == format::FileKind::directory ? 2 : state->unlinked ? 0 : 1;
  status.st_uid = squash ? options_.ids.uid : stored.uid.value_or(options_.ids.uid);
  status.st_gid = squash ? options_.ids.gid : stored.gid.value_or(options_.ids.gid);
  std::chrono::nanoseconds changed = state->made_at.time_since_epoch();
  if (state->info) changed = state->info->last_modified.time_since_epoch();
  std::chrono::nanoseconds modified = stored.mtime.value_or(changed);
  std::uint64_t size_bytes = state->info ? state->info->size_bytes : 0;
  if (state->content && (state->uncommitted || state->content->is_dirty())) {
    size_bytes = state->content->size_bytes();
    if (const auto written = state->content->written_at()) modified = *written;
  }
  if (state->uncommitted && state->link_target) size_bytes = state->link_target->size();
  if (state->directory) size_bytes = 0;
  status.st_size = static_cast<off_t>(size_bytes);
  status.st_blocks = static_cast<blkcnt_t>((size_bytes + 511) / 512);
  status.st_blksize = kBlockBytes;
  status.st_mtim = to_timespec(modified);
  status.st_atim = to_timespec(stored.atime.value_or(modified));
  status.st_ctim = to_timespec(changed);
  Attributes shown{.status = status, .valid_for = options_.ttl};
  if (node.level == Level::object && !state->uncommitted && !state->unlinked) {
    const auto age = now() - state->asked_at;
    shown.valid_for = age < options_.ttl ? options_.ttl - age : std::chrono::nanoseconds(0);
  }
  return shown;
}

Result<void> FileSystem::State::refresh(const NodePointer& node, const Limits& limits) {
  const Clock::time_point asked_at = now();
  const std::string key = node->state.lock()->key;
  auto object = node->store->head(key, limits);
  if (!object && object.error().code != ErrorCode::not_found) {
    return fail(std::move(object).error());
  }
  const bool implied =
      !object && node->state.lock()->directory && TRY(has_keys_below(*node->store, key, limits));
  if (object || implied) {
    format::ListedEntry entry{.key = key, .directory = implied};
    if (object) entry.object = *std::move(object);
    update(*node, entry, asked_at);
    return {};
  }
  if (const NodePointer parent = parent_of(*node)) {
    parent->directory.forget(node->state.lock()->name);
  }
  auto state = node->state.lock();
  if (state->uncommitted || state->unlinked || state->key != key) return {};
  return fail(
      os_error(ENOENT, fmt::format("{} does not exist any more", name_of({node->store, key}))));
}

Result<void> FileSystem::State::refresh_if_old(const NodePointer& node, const Limits& limits) {
  if (node->level != Level::object) return {};
  {
    auto state = node->state.lock();
    if (state->uncommitted || state->unlinked || now() - state->asked_at < options_.ttl) return {};
  }
  return refresh(node, limits);
}

Result<Attributes> FileSystem::State::attributes(InodeId inode, const Limits& limits) {
  const NodePointer node = TRY(inodes_.find(inode));
  auto refreshed = refresh_if_old(node, limits);
  // An open file that somebody else removed keeps what is known of it.
  const bool open = node->state.lock()->handles > 0;
  if (!refreshed && !(open && refreshed.error().os_errno == ENOENT)) {
    return fail(std::move(refreshed).error());
  }
  return show(*node);
}

/// Under squash a user may "change" ids to what is shown, which changes nothing.
Result<void> FileSystem::State::apply_ids(const AttributeChange& change,
                                          format::FileAttributes& wanted) {
  if (options_.ids.mode == IdMapping::Mode::stored) {
    overlay(wanted.uid, change.uid);
    overlay(wanted.gid, change.gid);
    return {};
  }
  const bool own_uid = !change.uid || *change.uid == options_.ids.uid;
  const bool own_gid = !change.gid || *change.gid == options_.ids.gid;
  if (own_uid && own_gid) return {};
  return fail(os_error(EPERM, fmt::format("this mount shows all files as owned by {}:{}; only a "
                                          "mount with --ids=stored can give them away",
                                          options_.ids.uid, options_.ids.gid)));
}

Result<Attributes> FileSystem::State::set_attributes(InodeId inode, const AttributeChange& change,
                                                     std::optional<HandleId> handle,
                                                     const Limits& limits) {
  const NodePointer node = TRY(inodes_.find(inode));
  if (options_.read_only) return fail(os_error(EROFS, "the mount is read-only"));
  if (node->level != Level::object) {
    return fail(os_error(EPERM, "the attributes of containers and accounts cannot be changed"));
  }
  format::FileAttributes wanted;
  TRY(apply_ids(change, wanted));
  if (change.mode) wanted.permissions = *change.mode & 07777;
  if (change.mtime) wanted.mtime = from_timespec(*change.mtime);
  if (change.atime) wanted.atime = from_timespec(*change.atime);

  const Turn::Held turn = TRY(node->turn.take(limits));
  // A size without any open handle needs its content only for as long as this takes.
  struct DropUnopened {
    State& file_system;
    Node& node;
    ~DropUnopened() { file_system.drop_unopened(node); }
  } const drop_unopened{*this, *node};
  if (change.size_bytes) TRY(resize(node, *change.size_bytes, limits));
  bool has_unsaved = false;
  bool with_content = false;
  {
    auto state = node->state.lock();
    overlay(state->unsaved.permissions, wanted.permissions);
    overlay(state->unsaved.uid, wanted.uid);
    overlay(state->unsaved.gid, wanted.gid);
    overlay(state->unsaved.mtime, wanted.mtime);
    overlay(state->unsaved.atime, wanted.atime);
    has_unsaved = wanted.permissions || wanted.uid || wanted.gid || wanted.mtime || wanted.atime;
    state->has_unsaved = state->has_unsaved || has_unsaved;
    if (wanted.mtime && state->content) state->content->forget_written_at();
    // What will be committed at close takes the attributes along: one request less.
    with_content = state->unlinked || state->uncommitted ||
                   (handle && state->content && state->content->is_dirty());
  }
  if (with_content) return show(*node);
  if (change.size_bytes) {
    TRY(save_content(node, limits));
  } else if (has_unsaved) {
    TRY(save_attributes(node, limits));
  }
  return show(*node);
}

void FileSystem::State::drop_unopened(Node& node) {
  bool unsaved = false;
  {
    auto state = node.state.lock();
    if (state->handles > 0 || state->content == nullptr) return;
    unsaved = state->content->is_dirty();
    state->last_base = state->content->base();
    state->content = nullptr;
  }
  if (unsaved) ask_again(node);
}

/// Turn is held. What it changes is saved by the caller or with the handle.
Result<void> FileSystem::State::resize(const NodePointer& node, std::uint64_t size_bytes,
                                       const Limits& limits) {
  {
    auto state = node->state.lock();
    if (state->directory) return fail(os_error(EISDIR, "a directory has no size to set"));
    const bool block = !state->info || state->info->kind == ObjectKind::block;
    if (state->unsaved.kind != format::FileKind::regular || !block) {
      return fail(os_error(EOPNOTSUPP, fmt::format("{} is not a block blob: it is read-only here",
                                                   name_of({node->store, state->key}))));
    }
  }
  if (node->state.lock()->content == nullptr) TRY(refresh_if_old(node, limits));
  const auto content = content_of(*node->state.lock());
  if (content->size_bytes() == size_bytes) return {};
  for (;;) {
    const auto outcome = TRY(content->resize(size_bytes, wall_now()));
    if (outcome == FileContent::Outcome::done) return {};
    TRY(save_content(node, limits));
  }
}

Result<std::string> FileSystem::State::read_link(InodeId inode, const Limits& limits) {
  const NodePointer node = TRY(inodes_.find(inode));
  TRY(refresh_if_old(node, limits));
  ObjectInfo info;
  {
    auto state = node->state.lock();
    const bool is_symlink = !state->directory && state->unsaved.kind == format::FileKind::symlink;
    if (is_symlink && state->uncommitted) return *state->link_target;
    if (!is_symlink || !state->info) {
      return fail(os_error(EINVAL, fmt::format("{} is not a symlink", state->name)));
    }
    if (state->link_target && state->link_etag == state->info->etag) return *state->link_target;
    info = *state->info;
  }
  const Place place = node->place();
  if (info.size_bytes > kTargetBytesMax) {
    return fail(os_error(ENAMETOOLONG, fmt::format("{}: its target has {} bytes, which nothing "
                                                   "can follow",
                                                   name_of(place), info.size_bytes)));
  }
  std::string target(info.size_bytes, '\0');
  // Whatever version is there now: the target is read whole.
  const ReadResult result =
      TRY(place.store->read({.key = place.key, .range = {0, target.size()}},
                            std::as_writable_bytes(std::span(target)), limits));
  target.resize(result.size_bytes);
  auto state = node->state.lock();
  state->link_target = target;
  state->link_etag = info.etag;
  return target;
}

}  // namespace aloft::posix
