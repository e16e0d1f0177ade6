// SPDX-License-Identifier: Apache-2.0
#include "cli/entry_text.h"

#include <fmt/format.h>
#include <time.h>

#include "format/timestamps.h"

namespace aloft::cli {

namespace {

using transfer::FileKind;

char kind_letter(FileKind kind) {
  switch (kind) {
    case FileKind::regular:
      return '-';
    case FileKind::directory:
      return 'd';
    case FileKind::symlink:
      return 'l';
    case FileKind::fifo:
      return 'p';
    case FileKind::socket:
      return 's';
    case FileKind::character_device:
      return 'c';
    case FileKind::block_device:
      return 'b';
  }
  return '?';
}

// The execute position also shows the set-uid, set-gid and sticky bits, as ls does.
char execute_letter(bool executable, bool special, char letter) {
  if (special) return executable ? letter : static_cast<char>(letter - 'a' + 'A');
  return executable ? 'x' : '-';
}

std::optional<std::chrono::nanoseconds> time_of(const transfer::Entry& entry) {
  if (entry.attributes.mtime) return entry.attributes.mtime;
  if (entry.object) return entry.object->last_modified.time_since_epoch();
  return std::nullopt;
}

nlohmann::json properties(const ContentProperties& stored) {
  nlohmann::json json = nlohmann::json::object();
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  add("content_type", stored.content_type);
  add("content_encoding", stored.content_encoding);
  add("content_language", stored.content_language);
  add("content_disposition", stored.content_disposition);
  add("cache_control", stored.cache_control);
  add("content_md5", stored.content_md5);
  return json;
}

std::string_view name_of_kind(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::block:
      return "block";
    case ObjectKind::append:
      return "append";
    case ObjectKind::page:
      return "page";
  }
  return "";
}

nlohmann::json object_json(const ObjectInfo& object) {
  nlohmann::json json{
      {"key", object.key},
      {"etag", object.etag},
      {"kind", name_of_kind(object.kind)},
      {"size", object.size_bytes},
      {"last_modified", format::format_timestamp(object.last_modified.time_since_epoch())},
      {"properties", properties(object.properties)},
      {"metadata", nlohmann::json::object()}};
  if (!object.access_tier.empty()) json["access_tier"] = object.access_tier;
  for (const auto& [name, value] : object.metadata) json["metadata"][name] = value;
  return json;
}

}  // namespace

std::string mode_text(const transfer::FileAttributes& attributes) {
  std::string text(1, kind_letter(attributes.kind));
  if (!attributes.permissions) return text + "?????????";
  const mode_t mode = *attributes.permissions;
  for (const mode_t shift : {6u, 3u, 0u}) {
    const mode_t bits = mode >> shift;
    const bool special = (mode & (01000u << (shift / 3))) != 0;
    text += (bits & 4) != 0 ? 'r' : '-';
    text += (bits & 2) != 0 ? 'w' : '-';
    text += execute_letter((bits & 1) != 0, special, shift == 0 ? 't' : 's');
  }
  return text;
}

std::string time_text(const transfer::Entry& entry) {
  const auto time = time_of(entry);
  if (!time) return "-";
  const time_t seconds = std::chrono::floor<std::chrono::seconds>(*time).count();
  tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return "-";
  char text[32];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  return std::string(text, length);
}

nlohmann::json to_json(const transfer::Entry& entry) {
  nlohmann::json json{
      {"path", entry.path}, {"kind", transfer::name_of(entry.kind())}, {"size", entry.size_bytes}};
  const auto& attributes = entry.attributes;
  if (attributes.permissions) json["mode"] = fmt::format("{:04o}", *attributes.permissions);
  if (attributes.uid) json["uid"] = *attributes.uid;
  if (attributes.gid) json["gid"] = *attributes.gid;
  if (attributes.mtime) json["mtime"] = format::format_timestamp(*attributes.mtime);
  if (!entry.link_target.empty()) json["target"] = entry.link_target;
  if (entry.object) json["object"] = object_json(*entry.object);
  return json;
}

}  // namespace aloft::cli
