// SPDX-License-Identifier: Apache-2.0
#include "format/names.h"

#include <fmt/format.h>

#include <cerrno>

#include "posix/internal/state.h"

namespace aloft::posix {
namespace {

format::FileKind kind_of(const format::ListedEntry& entry) {
  if (entry.directory) return format::FileKind::directory;
  return entry.object ? format::decode_attributes(*entry.object).kind : format::FileKind::regular;
}

bool is_above_containers(const Node& node) {
  return node.level != Level::container && node.level != Level::object;
}

}  // namespace

Result<NodePointer> FileSystem::State::find_directory(InodeId inode) {
  NodePointer node = TRY(inodes_.find(inode));
  auto state = node->state.lock();
  if (!state->directory) {
    return fail(os_error(ENOTDIR, fmt::format("{} is not a directory", state->name)));
  }
  return node;
}

Result<NodePointer> FileSystem::State::find_writable_directory(InodeId inode,
                                                               std::string_view name) {
  NodePointer node = TRY(find_directory(inode));
  if (options_.read_only) {
    return fail(os_error(EROFS, fmt::format("{}: the mount is read-only", name)));
  }
  if (!is_above_containers(*node)) return node;
  return fail(os_error(
      EPERM,
      fmt::format("{}: files live in containers; make one with aloft mkdir az://ACCOUNT/NAME",
                  name)));
}

Result<std::string> FileSystem::State::key_of(const NodePointer& directory, std::string_view name) {
  std::string key = prefix_of(directory->state.lock()->key) + format::component_of_name(name);
  TRY(format::check_key(key));
  return key;
}

Result<std::string> FileSystem::State::key_of_new(const NodePointer& directory,
                                                  std::string_view name) {
  TRY(format::check_new_name(name));
  std::string key = TRY(key_of(directory, name));
  if (!format::is_hidden(key)) return key;
  return fail(
      os_error(EPERM, fmt::format("{}: this name at the top of a container is Aloft's own", name)));
}

Result<bool> FileSystem::State::has_keys_below(ObjectStore& store, std::string_view key,
                                               const Limits& limits) {
  const std::string prefix = prefix_of(key);
  std::string marker;
  do {
    ListPage page = TRY(store.list(
        {.prefix = prefix, .marker = marker, .entries_max = 1, .metadata = false}, limits));
    if (!page.objects.empty()) return true;
    marker = std::move(page.next_marker);
  } while (!marker.empty());
  return false;
}

Result<std::optional<format::ListedEntry>> FileSystem::State::ask(const NodePointer& directory,
                                                                  std::string_view name,
                                                                  const Limits& limits) {
  ObjectStore& store = *directory->store;
  const std::string key = TRY(key_of(directory, name));
  if (format::is_hidden(key)) return std::nullopt;
  auto object = store.head(key, limits);
  if (object) {
    const bool is_directory =
        format::decode_attributes(*object).kind == format::FileKind::directory;
    return format::ListedEntry{.key = key, .directory = is_directory, .object = *object};
  }
  if (object.error().code != ErrorCode::not_found) return fail(std::move(object).error());
  if (TRY(has_keys_below(store, key, limits))) {
    return format::ListedEntry{.key = key, .directory = true};
  }
  if (!name.starts_with(format::kShadowedPrefix)) return std::nullopt;
  // The directory that a file of the same key shadows.
  const std::string_view shadowed = name.substr(format::kShadowedPrefix.size());
  if (shadowed.empty()) return std::nullopt;
  const std::string shadowed_key = TRY(key_of(directory, shadowed));
  const auto file = store.head(shadowed_key, limits);
  const bool is_file = file && format::decode_attributes(*file).kind != format::FileKind::directory;
  if (!is_file || !TRY(has_keys_below(store, shadowed_key, limits))) return std::nullopt;
  return format::ListedEntry{.key = shadowed_key, .directory = true};
}

Result<FileSystem::State::Resolved> FileSystem::State::resolve(const NodePointer& directory,
                                                               std::string_view name,
                                                               const Limits& limits) {
  const auto absent = [&] {
    return fail(os_error(ENOENT, fmt::format("{} does not exist", name)));
  };
  const auto known = directory->directory.find(name, now(), options_.ttl);
  if (known.answer == DirectoryCache::Answer::present) return Resolved{known.entry, known.asked_at};
  if (known.answer == DirectoryCache::Answer::absent) return absent();
  const auto ticket = directory->directory.begin(now());
  if (is_above_containers(*directory)) {
    auto entry = TRY(resolve_in_catalogue(directory, name, limits));
    directory->directory.learn(ticket, std::string(name), entry);
    return Resolved{std::move(entry), ticket.asked_at};
  }
  auto entry = TRY(ask(directory, name, limits));
  directory->directory.learn(ticket, std::string(name), entry);
  if (!entry) return absent();
  return Resolved{*std::move(entry), ticket.asked_at};
}

Result<DirectoryCache::Listed> FileSystem::State::list(const NodePointer& directory,
                                                       const Limits& limits) {
  if (auto known = directory->directory.listing(now(), options_.ttl)) return *std::move(known);
  const auto ticket = directory->directory.begin(now());
  DirectoryCache::Listing listing;
  if (is_above_containers(*directory)) {
    listing = TRY(list_catalogue(directory, limits));
  } else {
    const std::string prefix = prefix_of(directory->state.lock()->key);
    format::DirectoryListing gathered(prefix);
    std::string marker;
    do {
      ListPage page = TRY(directory->store->list(
          {.prefix = prefix, .delimiter = "/", .marker = marker, .metadata = true}, limits));
      marker = page.next_marker;
      gathered.add(std::move(page));
    } while (!marker.empty());
    listing = std::move(gathered).take();
  }
  // Accounts are found by name: those opened so far are not all that can be looked up.
  if (directory->level == Level::provider) {
    return DirectoryCache::Listed{std::move(listing), ticket.asked_at};
  }
  directory->directory.learn_all(ticket, listing);
  // With what happened here meanwhile.
  if (auto known = directory->directory.listing(now(), options_.ttl)) return *std::move(known);
  return DirectoryCache::Listed{std::move(listing), ticket.asked_at};
}

bool FileSystem::State::exists_here(const NodePointer& directory, std::string_view name) {
  const auto names = directory->directory.uncommitted();
  return names.contains(name);
}

Result<Entry> FileSystem::State::lookup(InodeId parent, std::string_view name,
                                        const Limits& limits) {
  const NodePointer directory = TRY(find_directory(parent));
  if (exists_here(directory, name)) {
    if (const NodePointer node = inodes_.refer_present(parent, name)) return entry_of(*node);
  }
  const Resolved resolved = TRY(resolve(directory, name, limits));
  return entry_of(*refer_child(directory, name, resolved));
}

NodePointer FileSystem::State::make_child(const NodePointer& directory, std::string_view name,
                                          const Resolved& resolved) {
  const format::ListedEntry& entry = resolved.entry;
  auto made = std::make_shared<Node>();
  made->account = directory->account;
  made->store = directory->store;
  switch (directory->level) {
    case Level::catalogue:
      made->level = Level::provider;
      break;
    case Level::provider:
      made->level = Level::account;
      // It was opened when the name was resolved.
      made->account = accounts_.lock()->at(std::string(name));
      break;
    case Level::account:
      made->level = Level::container;
      made->store = directory->account->container(name);
      break;
    case Level::container:
    case Level::object:
      made->level = Level::object;
  }
  auto state = made->state.lock();
  if (made->level == Level::object) state->key = entry.key;
  state->directory = entry.directory;
  state->unsaved.kind = kind_of(entry);
  state->info = entry.object;
  state->asked_at = resolved.asked_at;
  return made;
}

NodePointer FileSystem::State::refer_child(const NodePointer& directory, std::string_view name,
                                           const Resolved& resolved) {
  const format::ListedEntry& entry = resolved.entry;
  if (const NodePointer present = inodes_.find(directory->id, name)) {
    // Another kind of file under a known name is another file.
    auto state = present->state.lock();
    const format::FileKind kind =
        state->directory ? format::FileKind::directory : state->unsaved.kind;
    const bool same = kind == kind_of(entry) || state->uncommitted;
    state.mutex_lock().unlock();
    if (!same) inodes_.unlink(directory->id, name, *present);
  }
  const NodePointer node =
      inodes_.refer(directory->id, name, [&] { return make_child(directory, name, resolved); });
  update(*node, entry, resolved.asked_at);
  return node;
}

void FileSystem::State::update(Node& node, const format::ListedEntry& entry,
                               Clock::time_point asked_at) {
  auto state = node.state.lock();
  if (state->uncommitted || state->unlinked || asked_at <= state->asked_at) return;
  // A directory above may have got another name since somebody found it.
  if (node.level == Level::object && state->content == nullptr) state->key = entry.key;
  state->info = entry.object;
  state->asked_at = asked_at;
}

}  // namespace aloft::posix
