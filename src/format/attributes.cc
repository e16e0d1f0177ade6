// SPDX-License-Identifier: Apache-2.0
#include "format/attributes.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <string>

#include "format/timestamps.h"

namespace aloft::format {
namespace {

constexpr mode_t kPermissionBits = 07777;
constexpr std::size_t kMetadataBytesMax = 8192;

const std::string* find(const Metadata& metadata, std::string_view name) {
  const auto found = metadata.find(name);
  return found == metadata.end() ? nullptr : &found->second;
}

template <class Number>
std::optional<Number> parse_number(const std::string* text, int base = 10) {
  if (text == nullptr) return std::nullopt;
  Number value{};
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool is_true(const Metadata& metadata, std::string_view name) {
  const std::string* value = find(metadata, name);
  const CaseInsensitiveLess less;
  return value != nullptr && !less(*value, "true") && !less("true", *value);
}

struct KindFlag {
  const char* name;
  FileKind kind;
};
/// In order of trust: AzCopy sets hdi_isfolder on sockets and is_char_dev on symlinks too.
constexpr KindFlag kKindFlags[] = {
    {"is_symlink", FileKind::symlink},     {"is_fifo", FileKind::fifo},
    {"is_socket", FileKind::socket},       {"is_block_dev", FileKind::block_device},
    {"hdi_isfolder", FileKind::directory}, {"is_char_dev", FileKind::character_device},
};

/// The whole st_mode as somebody stored it, type bits zero where they were not.
std::optional<mode_t> stored_mode(const Metadata& metadata) {
  if (const std::string* text = find(metadata, "permissions")) {
    // AzCopy's own rule to tell its two styles apart.
    const bool octal = find(metadata, "owner") != nullptr || find(metadata, "group") != nullptr ||
                       text->starts_with('0');
    if (const auto mode = parse_number<mode_t>(text, octal ? 8 : 10)) return mode;
  }
  return parse_number<mode_t>(find(metadata, "mode"), 8);
}

std::optional<std::chrono::nanoseconds> stored_time(const Metadata& metadata, const char* standard,
                                                    const char* rclone) {
  if (const std::string* text = find(metadata, standard)) {
    if (const auto ticks = parse_number<std::int64_t>(text)) {
      return std::chrono::nanoseconds(*ticks);
    }
    if (const auto time = parse_timestamp(*text)) return time;
  }
  const std::string* text = find(metadata, rclone);
  return text == nullptr ? std::nullopt : parse_timestamp(*text);
}

template <class Id>
std::optional<Id> stored_id(const Metadata& metadata, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const auto id = parse_number<Id>(find(metadata, name))) return id;
  }
  return std::nullopt;
}

FileKind stored_kind(const ObjectInfo& object, std::optional<mode_t> mode) {
  if (object.key.ends_with('/')) return FileKind::directory;
  if (is_true(object.metadata, "is_symlink")) return FileKind::symlink;
  if (mode && (*mode & S_IFMT) != 0) return kind_of_mode(*mode);
  for (const KindFlag& flag : kKindFlags) {
    if (is_true(object.metadata, flag.name)) return flag.kind;
  }
  return FileKind::regular;
}

void set_if_present(Metadata& metadata, std::string_view name, std::string value) {
  const auto found = metadata.find(name);
  if (found != metadata.end()) found->second = std::move(value);
}

void erase(Metadata& metadata, std::string_view name) {
  const auto found = metadata.find(name);
  if (found != metadata.end()) metadata.erase(found);
}

void set_kind_flag(FileKind kind, Metadata& metadata) {
  for (const KindFlag& flag : kKindFlags) {
    if (flag.kind == kind) {
      metadata.insert_or_assign(flag.name, "true");
    } else {
      erase(metadata, flag.name);
    }
  }
}

}  // namespace

mode_t type_bits(FileKind kind) {
  switch (kind) {
    case FileKind::regular:
      return S_IFREG;
    case FileKind::directory:
      return S_IFDIR;
    case FileKind::symlink:
      return S_IFLNK;
    case FileKind::fifo:
      return S_IFIFO;
    case FileKind::socket:
      return S_IFSOCK;
    case FileKind::character_device:
      return S_IFCHR;
    case FileKind::block_device:
      return S_IFBLK;
  }
  return S_IFREG;
}

FileKind kind_of_mode(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return FileKind::directory;
    case S_IFLNK:
      return FileKind::symlink;
    case S_IFIFO:
      return FileKind::fifo;
    case S_IFSOCK:
      return FileKind::socket;
    case S_IFCHR:
      return FileKind::character_device;
    case S_IFBLK:
      return FileKind::block_device;
    default:
      return FileKind::regular;
  }
}

FileAttributes decode_attributes(const ObjectInfo& object) {
  const Metadata& metadata = object.metadata;
  FileAttributes attributes;
  if (metadata.empty()) {
    if (object.key.ends_with('/')) attributes.kind = FileKind::directory;
    return attributes;
  }
  const auto mode = stored_mode(metadata);
  attributes.kind = stored_kind(object, mode);
  if (mode) attributes.permissions = *mode & kPermissionBits;
  attributes.uid = stored_id<uid_t>(metadata, {"posix_owner", "owner", "uid"});
  attributes.gid = stored_id<gid_t>(metadata, {"posix_group", "group", "gid"});
  attributes.mtime = stored_time(metadata, "modtime", "mtime");
  attributes.atime = stored_time(metadata, "posix_atime", "atime");
  return attributes;
}

void encode_attributes(const FileAttributes& attributes, Metadata& metadata) {
  // What the amlfs style says is taken over before its names go: they make AzCopy read octal.
  FileAttributes all = decode_attributes({.metadata = metadata});
  all.kind = attributes.kind;
  if (attributes.permissions) all.permissions = *attributes.permissions & kPermissionBits;
  if (attributes.uid) all.uid = attributes.uid;
  if (attributes.gid) all.gid = attributes.gid;
  if (attributes.mtime) all.mtime = attributes.mtime;
  if (attributes.atime) all.atime = attributes.atime;
  erase(metadata, "owner");
  erase(metadata, "group");

  set_kind_flag(all.kind, metadata);
  if (all.permissions) {
    const mode_t mode = *all.permissions | type_bits(all.kind);
    metadata.insert_or_assign("permissions", std::to_string(mode));
    set_if_present(metadata, "mode", fmt::format("{:o}", mode));
  } else {
    erase(metadata, "permissions");  // No octal number, it could still be a decimal one.
  }
  if (all.uid) {
    metadata.insert_or_assign("posix_owner", std::to_string(*all.uid));
    set_if_present(metadata, "uid", std::to_string(*all.uid));
  }
  if (all.gid) {
    metadata.insert_or_assign("posix_group", std::to_string(*all.gid));
    set_if_present(metadata, "gid", std::to_string(*all.gid));
  }
  if (all.mtime) {
    metadata.insert_or_assign("modtime", std::to_string(all.mtime->count()));
    set_if_present(metadata, "mtime", format_timestamp(*all.mtime));
  }
  if (all.atime) {
    metadata.insert_or_assign("posix_atime", std::to_string(all.atime->count()));
    set_if_present(metadata, "atime", format_timestamp(*all.atime));
  }
}

Result<void> check_metadata_size(std::string_view key, const Metadata& metadata) {
  std::size_t size_bytes = 0;
  for (const auto& [name, value] : metadata) size_bytes += name.size() + value.size();
  if (size_bytes <= kMetadataBytesMax) return {};
  return fail(os_error(
      ENOSPC, fmt::format("{}: its metadata would take {} bytes and the service keeps {}; remove "
                          "metadata that no longer serves",
                          key, size_bytes, kMetadataBytesMax)));
}

}  // namespace aloft::format
