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
/// How often others here may make and remove a name while one makes it. Each time somebody got
/// on with it, so that this ends the unlucky alone.
constexpr int kMakeAttemptsMax = 100;

bool is_gone(const Error& error) {
  return errno_of(error) == ENOENT || errno_of(error) == ESTALE;
}

tl::unexpected<Error> exists(std::string_view name) {
  return fail(os_error(EEXIST, fmt::format("{} exists already", name)));
}

tl::unexpected<Error> never_settles(std::string_view name) {
  return fail(os_error(EAGAIN, fmt::format("{} is made and removed faster than anybody can use it; "
                                           "try again",
                                           name)));
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

Result<std::optional<FileSystem::State::Vacancy>> FileSystem::State::find_vacancy(
    const NodePointer& directory, std::string_view name, const Limits& limits) {
  std::string key = TRY(key_of_new(directory, name));
  // Before anything is asked: what happens to the name from here on shows in one of the two.
  Vacancy vacancy{.directory = directory,
                  .name = std::string(name),
                  .key = std::move(key),
                  .ticket = directory->directory.begin(now()),
                  .node = inodes_.find(directory->id, name)};
  if (exists_here(directory, name)) return std::nullopt;
  auto present = resolve(directory, name, limits);
  if (present) return std::nullopt;
  if (errno_of(present.error()) != ENOENT) return fail(std::move(present).error());
  return vacancy;
}

NodePointer FileSystem::State::node_for(const Vacancy& vacancy,
                                        const format::FileAttributes& attributes) {
  auto node = std::make_shared<Node>();
  node->account = vacancy.directory->account;
  node->store = vacancy.directory->store;
  auto state = node->state.lock();
  state->key = vacancy.key;
  state->directory = attributes.kind == format::FileKind::directory;
  state->unsaved = attributes;
  state->has_unsaved = true;
  state->uncommitted = true;
  state->made_at = options_.clock->wall_now();
  return node;
}

bool FileSystem::State::claim(const Vacancy& vacancy, const NodePointer& node) {
  return inodes_.add(vacancy.directory->id, vacancy.name, vacancy.node, [&]() -> NodePointer {
    return vacancy.directory->directory.claim(vacancy.ticket, vacancy.name) ? node : nullptr;
  }) != nullptr;
}

void FileSystem::State::free_name(const NodePointer& directory, const std::string& name,
                                  const Node& node) {
  inodes_.unlink(directory->id, name, node);
  directory->directory.remove_uncommitted(name);
}

Result<void> FileSystem::State::wait_for_others(const NodePointer& directory,
                                                const std::string& name, const Limits& limits) {
  if (const NodePointer node = inodes_.find(directory->id, name)) TRY(node->turn.take(limits));
  directory->directory.forget(name);
  return {};
}

Result<std::optional<Entry>> FileSystem::State::try_make_object(
    const Vacancy& vacancy, const format::FileAttributes& attributes,
    std::span<const std::byte> content, const Limits& limits) {
  const NodePointer node = node_for(vacancy, attributes);
  // Before anybody sees it: who would change or remove it waits until the store has it.
  const Turn::Held turn = TRY(node->turn.take(limits));
  const bool is_symlink = attributes.kind == format::FileKind::symlink;
  if (is_symlink) {
    const auto* const target = reinterpret_cast<const char*>(content.data());
    node->state.lock()->link_target.emplace(target, content.size());
  }
  if (!claim(vacancy, node)) return std::nullopt;
  auto made = put_new({node->store, vacancy.key}, attributes, content, limits);
  if (made) {
    if (is_symlink) node->state.lock()->link_etag = made->etag;
    saved(*node, *made);
    return entry_of(*node);
  }
  node->state.lock()->unlinked = true;
  free_name(vacancy.directory, vacancy.name, *node);
  inodes_.forget(node->id, 1);
  // It may be there all the same: made by somebody else, or by a request whose answer was lost.
  vacancy.directory->directory.forget(vacancy.name);
  if (made.error().code == ErrorCode::already_exists) return exists(vacancy.name);
  return fail(std::move(made).error());
}

Result<Entry> FileSystem::State::make_object(const NodePointer& directory, std::string_view name,
                                             const format::FileAttributes& attributes,
                                             std::span<const std::byte> content,
                                             const Limits& limits) {
  for (int attempts = 0; attempts < kMakeAttemptsMax; ++attempts) {
    const auto vacancy = TRY(find_vacancy(directory, name, limits));
    if (!vacancy) return exists(name);
    const auto made = TRY(try_make_object(*vacancy, attributes, content, limits));
    if (made) return *made;
    TRY(wait_for_others(directory, vacancy->name, limits));
  }
  return never_settles(name);
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
    const Vacancy& vacancy, const format::FileAttributes& attributes, int flags) {
  const NodePointer node = node_for(vacancy, attributes);
  // The maker's, until it has its own: a reader that comes and goes before must not be the last.
  node->state.lock()->handles = 1;
  if (!claim(vacancy, node)) return std::nullopt;
  const auto opened = add_handle(node, flags);
  --node->state.lock()->handles;
  if (!opened) return fail(opened.error());
  return Created{.entry = entry_of(*node), .opened = *opened};
}

Result<void> FileSystem::State::commit_exclusively(std::string_view name, Created& created,
                                                   const Limits& limits) {
  const NodePointer node = TRY(inodes_.find(created.entry.inode));
  const auto committed = save(created.opened.handle, limits);
  if (committed) {
    created.entry = entry_of(*node);
    return {};
  }
  abandon(created.opened.handle);
  inodes_.forget(node->id, 1);
  if (errno_of(committed.error()) == ESTALE) return exists(name);
  return fail(committed.error());
}

Result<std::optional<FileSystem::Created>> FileSystem::State::try_create(
    const NodePointer& directory, const std::string& name, mode_t mode, int flags,
    const Caller& caller, const Limits& limits) {
  const auto vacancy = TRY(find_vacancy(directory, name, limits));
  const bool exclusive = (flags & O_EXCL) != 0;
  if (!vacancy && exclusive) return exists(name);
  if (!vacancy) {
    auto opened = open_existing(directory, name, flags, limits);
    if (opened) return *std::move(opened);
    if (is_gone(opened.error())) return std::nullopt;
    return fail(std::move(opened).error());
  }
  const auto attributes =
      attributes_of_new(directory, format::FileKind::regular, mode & 07777, caller);
  auto created = TRY(create_uncommitted(*vacancy, attributes, flags));
  // Only one may win among all machines: the store decides at once.
  if (created && exclusive) TRY(commit_exclusively(name, *created, limits));
  return created;
}

Result<FileSystem::Created> FileSystem::State::create(InodeId parent, std::string_view name,
                                                      mode_t mode, int flags, const Caller& caller,
                                                      const Limits& limits) {
  const NodePointer directory = TRY(find_writable_directory(parent, name));
  const std::string wanted(name);
  for (int attempts = 0; attempts < kMakeAttemptsMax; ++attempts) {
    auto created = TRY(try_create(directory, wanted, mode, flags, caller, limits));
    if (created) return *std::move(created);
    TRY(wait_for_others(directory, wanted, limits));
  }
  return never_settles(name);
}

Result<void> FileSystem::State::make_explicit(const NodePointer& directory, const Limits& limits) {
  if (directory->level != Level::object) return {};
  Place place{directory->store, {}};
  format::FileAttributes attributes;
  {
    auto state = directory->state.lock();
    // The one who is making it puts its object.
    if (state->info || state->uncommitted) return {};
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
