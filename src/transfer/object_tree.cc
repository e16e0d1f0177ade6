// SPDX-License-Identifier: Apache-2.0
#include "transfer/object_tree.h"

#include <errno.h>
#include <fmt/format.h>

#include "format/listing.h"
#include "format/names.h"

namespace aloft::transfer {

namespace {

Entry entry_of(std::string path, std::string key, ObjectInfo object) {
  Entry entry{.path = std::move(path),
              .attributes = format::decode_attributes(object),
              .size_bytes = object.size_bytes,
              .key = std::move(key)};
  if (entry.kind() == FileKind::directory) entry.size_bytes = 0;
  entry.object = std::move(object);
  return entry;
}

Entry implied_directory(std::string path, std::string key) {
  return {
      .path = std::move(path), .attributes = {.kind = FileKind::directory}, .key = std::move(key)};
}

/// Turns the flat listing of one directory, in byte order of keys, into entries. All keys below
/// "d/" come in one run, but the marker "d" may come earlier, with "d-…" between.
class FlatListing {
 public:
  FlatListing(std::string prefix, std::string path, const Visitor& visitor) : visitor_(visitor) {
    open_.push_back({.prefix = std::move(prefix), .path = std::move(path)});
  }

  Result<void> add(ObjectInfo object) {
    const std::string key = object.key;
    if (format::is_hidden(key)) return {};
    if (key.size() <= open_.front().prefix.size()) {
      return second_marker(open_.front().path, std::move(object));
    }
    while (!key.starts_with(open_.back().prefix)) open_.pop_back();
    // '0' follows '/': behind "d0" nothing below "d/" can come any more.
    while (!seen_.empty() && key >= seen_.back().key + '0') seen_.pop_back();
    std::size_t at = open_.back().prefix.size();
    for (std::size_t slash; (slash = key.find('/', at)) != std::string::npos; at = slash + 1) {
      const bool own_marker = slash + 1 == key.size();
      TRY(enter(key, at, slash, own_marker ? &object : nullptr));
      if (own_marker) return {};
    }
    Entry entry =
        entry_of(child_path(format::name_of_component(key.substr(at))), key, std::move(object));
    seen_.push_back({.key = key, .directory = entry.kind() == FileKind::directory});
    return visitor_.found(std::move(entry));
  }

 private:
  struct OpenDirectory {
    std::string prefix;  // Ends with "/", or is empty.
    std::string path;
  };
  struct Seen {
    std::string key;
    bool directory;
  };

  std::string child_path(std::string_view name) const { return join(open_.back().path, name); }

  Result<void> enter(const std::string& key, std::size_t at, std::size_t slash,
                     ObjectInfo* marker) {
    std::string directory_key = key.substr(0, slash);
    const auto seen = std::ranges::find(seen_, directory_key, &Seen::key);
    const bool shadowed = seen != seen_.end() && !seen->directory;
    std::string name = format::name_of_component(key.substr(at, slash - at));
    if (shadowed) name.insert(0, format::kShadowedPrefix);
    std::string path = child_path(name);
    open_.push_back({.prefix = directory_key + '/', .path = path});
    if (seen != seen_.end() && seen->directory) {
      return marker != nullptr ? second_marker(std::move(path), std::move(*marker))
                               : Result<void>();
    }
    return visitor_.found(
        marker != nullptr ? entry_of(std::move(path), std::move(directory_key), std::move(*marker))
                          : implied_directory(std::move(path), std::move(directory_key)));
  }

  Result<void> second_marker(std::string path, ObjectInfo object) const {
    if (!visitor_.second_marker) return {};
    std::string key = object.key.substr(0, object.key.size() - 1);
    return visitor_.second_marker(entry_of(std::move(path), std::move(key), std::move(object)));
  }

  const Visitor& visitor_;
  std::vector<OpenDirectory> open_;  // From the root of the walk to where the last key lies.
  std::vector<Seen> seen_;           // Objects that keys to come may lie "below".
};

/// `path` with "%d=a" read as the directory that a file "a" shadows.
std::string unshadowed_key(std::string_view path) {
  std::string key;
  while (true) {
    const std::size_t slash = path.find('/');
    std::string_view name = path.substr(0, slash);
    if (name.starts_with(format::kShadowedPrefix)) {
      name.remove_prefix(format::kShadowedPrefix.size());
    }
    key += format::component_of_name(name);
    if (slash == std::string_view::npos) return key;
    key += '/';
    path.remove_prefix(slash + 1);
  }
}

bool is_shadowed(std::string_view path) {
  return base_of(path).starts_with(format::kShadowedPrefix);
}

}  // namespace

Result<std::string> key_for(std::string_view path, const std::string& shown) {
  return check_new_key(format::key_of_path(path), shown);
}

Result<std::string> check_new_key(std::string key, const std::string& shown) {
  if (format::is_hidden(key)) {
    return fail(
        ErrorCode::permission_denied,
        shown + " is in \".aloft\", where Aloft keeps its own records; choose another name");
  }
  TRY(format::check_key(key));
  return key;
}

std::uint64_t bytes_in_directory(const Entry& directory) {
  return directory.object ? directory.object->size_bytes : 0;
}

Error no_place_for_bytes(const ObjectTree& tree, const Entry& directory) {
  const bool by_key = directory.object->key.ends_with('/');
  return {
      .code = ErrorCode::unsupported,
      .message = fmt::format(
          "{}{} is a blob of {} bytes that counts as a directory {}", tree.name_of(directory.path),
          by_key ? "/" : "", bytes_in_directory(directory),
          by_key ? "by its name, so they were left out; save and remove it by another program"
                 : "by its metadata, so they were left out; if it is a file, remove hdi_isfolder "
                   "from its metadata")};
}

std::string ObjectTree::name_of(std::string_view path) const {
  return join(store_->name(), path);
}

Result<Entry> ObjectTree::look(std::string_view path, const Limits& limits) {
  if (path.empty()) {
    auto page = store_->list({.entries_max = 1, .metadata = false}, limits);
    if (page) return implied_directory("", "");
    if (page.error().code != ErrorCode::not_found) return fail(std::move(page).error());
    return fail(ErrorCode::not_found, "the container " + store_->name() +
                                          " does not exist; make it with: aloft mkdir " +
                                          store_->name());
  }
  const std::string key = TRY(key_for(path, name_of(path)));
  auto entry = look_at_key(path, key, limits);
  if (entry || entry.error().code != ErrorCode::not_found) return entry;
  const std::string unshadowed = unshadowed_key(path);
  if (unshadowed == key) return entry;
  return look_at_key(path, unshadowed, limits);
}

Result<Entry> ObjectTree::look_at_key(std::string_view path, const std::string& key,
                                      const Limits& limits) {
  // A shadowed directory is not the object of its key, which is the file that shadows it.
  if (!is_shadowed(path) || key != unshadowed_key(path)) {
    auto object = store_->head(key, limits);
    if (object) return entry_of(std::string(path), key, std::move(*object));
    if (object.error().code != ErrorCode::not_found) return fail(std::move(object).error());
  }
  std::string marker;
  do {
    const std::string prefix = key + '/';
    auto page = store_->list({.prefix = prefix, .marker = marker, .entries_max = 1}, limits);
    if (!page && page.error().code == ErrorCode::not_found) return look("", limits);
    if (!page) return fail(std::move(page).error());
    if (!page->objects.empty()) {
      ObjectInfo& first = page->objects.front();
      if (first.key == prefix) return entry_of(std::string(path), key, std::move(first));
      return implied_directory(std::string(path), key);
    }
    marker = std::move(page->next_marker);
  } while (!marker.empty());
  return fail(ErrorCode::not_found, name_of(path) + " does not exist");
}

Result<std::string> ObjectTree::directory_prefix(std::string_view path, const Limits& limits) {
  if (path.empty()) return std::string();
  const Entry entry = TRY(look(path, limits));
  if (entry.kind() != FileKind::directory) {
    return fail(os_error(ENOTDIR, name_of(path) + " is not a directory"));
  }
  return entry.key + '/';
}

Result<std::vector<Entry>> ObjectTree::children(std::string_view path, const Limits& limits) {
  const std::string prefix = TRY(directory_prefix(path, limits));
  format::DirectoryListing listing(prefix);
  std::string marker;
  do {
    auto page = store_->list({.prefix = prefix, .delimiter = "/", .marker = marker}, limits);
    if (!page && page.error().code == ErrorCode::not_found) TRY(look("", limits));
    if (!page) return fail(std::move(page).error());
    marker = page->next_marker;
    listing.add(std::move(*page));
  } while (!marker.empty());
  std::vector<Entry> entries;
  for (auto& [name, listed] : std::move(listing).take()) {
    std::string entry_path = join(path, name);
    if (listed.object) {
      entries.push_back(
          entry_of(std::move(entry_path), std::move(listed.key), std::move(*listed.object)));
    } else {
      entries.push_back(implied_directory(std::move(entry_path), std::move(listed.key)));
    }
  }
  return entries;
}

Result<void> ObjectTree::walk(std::string_view path, const Visitor& visitor, const Limits& limits) {
  const std::string prefix = TRY(directory_prefix(path, limits));
  FlatListing listing(prefix, std::string(path), visitor);
  std::string marker;
  do {
    auto page = store_->list({.prefix = prefix, .marker = marker}, limits);
    if (!page && page.error().code == ErrorCode::not_found) TRY(look("", limits));
    if (!page) return fail(std::move(page).error());
    for (ObjectInfo& object : page->objects) TRY(listing.add(std::move(object)));
    marker = std::move(page->next_marker);
  } while (!marker.empty());
  return {};
}

Result<std::string> ObjectTree::link_target(const Entry& entry, const Limits& limits) {
  if (entry.size_bytes > kLinkTargetBytesMax) {
    return fail(ErrorCode::corrupt,
                "the symbolic link " + name_of(entry.path) + " holds more than a target can be");
  }
  std::string target(entry.size_bytes, '\0');
  TRY(read(entry, 0, std::as_writable_bytes(std::span(target)), limits));
  return target;
}

Result<void> ObjectTree::read(const Entry& entry, std::uint64_t offset, std::span<std::byte> buffer,
                              const Limits& limits) {
  CHECK(entry.object.has_value());
  if (buffer.empty()) return {};
  const ReadRequest request{.key = entry.object->key,
                            .range = {.offset = offset, .length_bytes = buffer.size()},
                            .if_match = entry.object->etag};
  const ReadResult done = TRY(store_->read(request, buffer, limits));
  if (done.size_bytes == buffer.size()) return {};
  return fail(ErrorCode::corrupt, fmt::format("{} ended after {} bytes, before its stated size",
                                              name_of(entry.path), offset + done.size_bytes));
}

}  // namespace aloft::transfer
