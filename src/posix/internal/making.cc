// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "format/content_version.h"
#include "posix/internal/state.h"

namespace aloft::posix {
namespace {

/// As Linux (PATH_MAX with its zero).
constexpr std::size_t kTargetBytesMax = 4095;
/// How often others here may make and remove a name while one creates it. Each time somebody got
/// on with it, so that this ends the unlucky alone.
constexpr int kCreateAttemptsMax = 100;

bool is_gone(const Error& error) {
  return errno_of(error) == ENOENT || errno_of(error) == ESTALE;
}

tl::unexpected<Error> exists(std::string_view name) {
  return fail(os_error(EEXIST, fmt::format("{} exists already", name)));
}

}  // namespace

format::FileAttributes FileSystem::State::attributes_of_new(const NodePointer& directory,
                                                            format::FileKind kind, mode_t mode,
                                                            const Caller& caller) {
  format::FileAttributes attributes{.kind = kind,
                                    .permissions = mode & ~caller.umask & 07777,
                                    .uid = caller.uid,
                                    .gid = caller.gid,
                                    .mtime = wall_now()};
  if (kind == format::FileKind::symlink) attributes.permissions = 0777;
  // A directory with the setgid bit gives its group to what is made in it.
  auto state = directory->state.lock();
  if (!state->info) return attributes;
  const format::FileAttributes parent = format::decode_attributes(*state->info);
  if (parent.permissions.value_or(0) & S_ISGID) {
    if (parent.gid) attributes.gid = parent.gid;
    if (kind == format::FileKind::directory) *attributes.permissions |= S_ISGID;
  }
  return attributes;
}

Result<ObjectInfo> FileSystem::State::put_new(const Place& place,
                                              const format::FileAttributes& attributes,
                                              std::span<const std::byte> content,
                                              const Limits& limits) {
  Metadata metadata;
  format::encode_attributes(attributes, metadata);
  const std::string commit_id = options_.random->hex(8);
  metadata.insert_or_assign(std::string(kCommitKey), commit_id);
  metadata.insert_or_assign(std::string(format::kContentKey), options_.random->hex(8));
  auto put = place.store->put({.key = place.key,
                               .content = content,
                               .metadata = metadata,
                               .conditions = {.if_none_match = "*"}},
                              limits);
  if (!put) return fail(std::move(put).error());
  return ObjectInfo{.key = place.key,
                    .size_bytes = content.size(),
                    .etag = put->etag,
                    .last_modified = put->last_modified,
                    .metadata = std::move(metadata)};
}

Result<Entry> FileSystem::State::make_object(const NodePointer& directory, std::string_view name,
                                             const format::FileAttributes& attributes,
                                             std::span<const std::byte> content,
                                             const Limits& limits) {
  const std::string key = TRY(key_of_new(directory, name));
  if (exists_here(directory, name)) return exists(name);
  auto present = resolve(directory, name, limits);
  if (present) return exists(name);
  if (errno_of(present.error()) != ENOENT) return fail(std::move(present).error());
  auto made = put_new({directory->store, key}, attributes, content, limits);
  if (!made) {
    if (made.error().code != ErrorCode::already_exists) return fail(std::move(made).error());
    directory->directory.forget(std::string(name));
    return exists(name);
  }
  const bool is_directory = attributes.kind == format::FileKind::directory;
  const format::ListedEntry entry{.key = key, .directory = is_directory, .object = *made};
  const Clock::time_point made_at = now();
  directory->directory.put(std::string(name), entry, made_at);
  return entry_of(*refer_child(directory, name, {entry, made_at}));
}

Result<Entry> FileSystem::State::make_directory(InodeId parent, std::string_view name, mode_t mode,
                                                const Caller& caller, const Limits& limits) {
  const NodePointer directory = TRY(find_writable_directory(parent, name));
  return make_object(directory, name,
                     attributes_of_new(directory, format::FileKind::directory, mode, caller), {},
                     limits);
}

Result<Entry> FileSystem::State::make_symlink(InodeId parent, std::string_view name,
                                              std::string_view target, const Caller& caller,
                                              const Limits& limits) {
  const NodePointer directory = TRY(find_writable_directory(parent, name));
  if (target.empty()) return fail(os_error(ENOENT, "a symlink needs a target"));
  if (target.size() > kTargetBytesMax) {
    return fail(os_error(ENAMETOOLONG,
                         fmt::format("{}: a target has at most {} bytes", name, kTargetBytesMax)));
  }
  return make_object(directory, name,
                     attributes_of_new(directory, format::FileKind::symlink, 0777, caller),
                     std::as_bytes(std::span(target)), limits);
}

Result<FileSystem::Created> FileSystem::State::open_existing(const NodePointer& directory,
                                                             std::string_view name, int flags,
                                                             const Limits& limits) {
  const Entry entry = TRY(lookup(directory->id, name, limits));
  auto opened = open(entry.inode, flags, limits);
  if (!opened) {
    inodes_.forget(entry.inode, 1);
    return fail(std::move(opened).error());
  }
  return Created{.entry = entry, .opened = *opened};
}

Result<std::optional<FileSystem::Created>> FileSystem::State::create_uncommitted(
    const NodePointer& directory, const Absent& absent, const std::string& name,
    const std::string& key, const format::FileAttributes& attributes, int flags) {
  const NodePointer node = inodes_.add(directory->id, name, absent.node, [&]() -> NodePointer {
    if (!directory->directory.claim(absent.ticket, name)) return nullptr;
    auto made = std::make_shared<Node>();
    made->account = directory->account;
    made->store = directory->store;
    auto state = made->state.lock();
    state->key = key;
    state->unsaved = attributes;
    state->has_unsaved = true;
    state->uncommitted = true;
    state->made_at = options_.clock->wall_now();
    // The maker's, until it has its own: a reader that comes and goes before must not be the last.
    state->handles = 1;
    return made;
  });
  if (node == nullptr) return std::nullopt;
  const auto opened = add_handle(node, flags);
  --node->state.lock()->handles;
  if (!opened) return fail(opened.error());
  return Created{.entry = entry_of(*node), .opened = *opened};
}

Result<std::optional<FileSystem::Created>> FileSystem::State::try_create(
    const NodePointer& directory, const std::string& name, mode_t mode, int flags,
    const Caller& caller, const Limits& limits) {
  const std::string key = TRY(key_of_new(directory, name));
  // Before anything is asked: what happens to the name from here on shows in one of the two.
  const Absent absent{.ticket = directory->directory.begin(now()),
                      .node = inodes_.find(directory->id, name)};
  bool present = exists_here(directory, name);
  if (!present) {
    auto resolved = resolve(directory, name, limits);
    if (!resolved && errno_of(resolved.error()) != ENOENT) {
      return fail(std::move(resolved).error());
    }
    present = resolved.has_value();
  }
  const bool exclusive = (flags & O_EXCL) != 0;
  if (present && exclusive) return exists(name);
  if (present) {
    auto opened = open_existing(directory, name, flags, limits);
    if (opened) return *std::move(opened);
    if (is_gone(opened.error())) return std::nullopt;
    return fail(std::move(opened).error());
  }
  const auto attributes =
      attributes_of_new(directory, format::FileKind::regular, mode & 07777, caller);
  if (!exclusive) return create_uncommitted(directory, absent, name, key, attributes, flags);
  // A node of that name can only be one that somebody else removed from the store.
  if (absent.node != nullptr) inodes_.unlink(directory->id, name, *absent.node);
  // Only one may win among all machines: the store decides at once.
  const Entry entry = TRY(make_object(directory, name, attributes, {}, limits));
  const NodePointer node = TRY(inodes_.find(entry.inode));
  const Opened opened = TRY(add_handle(node, flags));
  return Created{.entry = entry, .opened = opened};
}

Result<FileSystem::Created> FileSystem::State::create(InodeId parent, std::string_view name,
                                                      mode_t mode, int flags, const Caller& caller,
                                                      const Limits& limits) {
  const NodePointer directory = TRY(find_writable_directory(parent, name));
  const std::string wanted(name);
  for (int attempts = 0; attempts < kCreateAttemptsMax; ++attempts) {
    auto created = TRY(try_create(directory, wanted, mode, flags, caller, limits));
    if (created) return *std::move(created);
    // Somebody here made, renamed or removed it between the look and the deed: once that is done.
    if (const NodePointer node = inodes_.find(parent, wanted)) TRY(node->turn.take(limits));
    directory->directory.forget(wanted);
  }
  return fail(os_error(EAGAIN, fmt::format("{} is made and removed faster than it can be opened; "
                                           "try again",
                                           name)));
}

Result<void> FileSystem::State::make_explicit(const NodePointer& directory, const Limits& limits) {
  if (directory->level != Level::object) return {};
  Place place{directory->store, {}};
  format::FileAttributes attributes;
  {
    auto state = directory->state.lock();
    if (state->info) return {};
    place.key = state->key;
    attributes = state->unsaved;
    attributes.kind = format::FileKind::directory;
  }
  auto made = put_new(place, attributes, {}, limits);
  if (made) {
    saved(*directory, *made);
    return {};
  }
  // A file of the same key shadows this directory, or somebody else made it explicit.
  if (made.error().code == ErrorCode::already_exists) return {};
  return fail(std::move(made).error());
}

}  // namespace aloft::posix
