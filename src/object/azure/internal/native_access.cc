// SPDX-License-Identifier: Apache-2.0
#include "object/azure/internal/native_access.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <limits>

#include "object/azure/internal/blob_answer.h"

namespace aloft::internal {
namespace {

constexpr const char* kPermissions = "permissions";
constexpr const char* kOwner = "posix_owner";
constexpr const char* kGroup = "posix_group";
/// What the service keeps: no set-id bits.
constexpr std::uint64_t kNativeBits = 01777;

std::optional<std::uint64_t> number_of(const Metadata& metadata, const char* name) {
  const auto found = metadata.find(name);
  return found == metadata.end() ? std::nullopt : parse_decimal(found->second);
}

bool has_any(const Metadata& metadata, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (metadata.contains(name)) return true;
  }
  return false;
}

std::string id_of(const Metadata& metadata, const char* name) {
  const auto id = number_of(metadata, name);
  const bool fits = id && *id <= std::numeric_limits<std::uint32_t>::max();
  return fits ? std::to_string(*id) : std::string();
}

std::optional<mode_t> bits_of(std::string_view text) {
  if (text.size() == 10 && text.back() == '+') text.remove_suffix(1);  // There is an ACL besides.
  if (text.size() != 9) return std::nullopt;
  mode_t bits = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    const char c = text[i];
    const bool last = i == 8;
    const bool sticky = last && (c == 't' || c == 'T');
    const bool set = c == "rwxrwxrwx"[i] || c == (last ? 't' : '\0');
    if (!set && !sticky && c != '-') return std::nullopt;
    bits = bits << 1 | (set ? 1u : 0u);
    if (sticky) bits |= S_ISVTX;
  }
  return bits;
}

void show_id(std::string_view id, const char* name, const char* other, Metadata& metadata) {
  if (parse_decimal(id) && !has_any(metadata, {name, other})) metadata.emplace(name, id);
}

}  // namespace

std::optional<NativeAccess> access_of(const Metadata& metadata, AccessKept kept) {
  const auto mode = number_of(metadata, kPermissions);
  // Beside "owner" and "group", or with a zero in front, other tools mean an octal number.
  const bool standard = mode && metadata.find(kPermissions)->second.front() != '0' &&
                        !has_any(metadata, {"owner", "group"});
  if (kept == AccessKept::nothing || !standard || *mode > 0177777) return std::nullopt;
  const std::uint64_t kind = *mode & S_IFMT;
  if (kind != S_IFREG && kind != S_IFDIR) return std::nullopt;
  const std::uint64_t bits = *mode & ~static_cast<std::uint64_t>(S_IFMT);
  if ((bits & ~kNativeBits) != 0) return std::nullopt;
  NativeAccess access{.permissions = fmt::format("{:04o}", bits)};
  if (kept == AccessKept::all) {
    access.owner = id_of(metadata, kOwner);
    access.group = id_of(metadata, kGroup);
  }
  return access;
}

Metadata without_access(Metadata metadata, const NativeAccess& access) {
  metadata.erase(kPermissions);
  if (!access.owner.empty()) metadata.erase(kOwner);
  if (!access.group.empty()) metadata.erase(kGroup);
  return metadata;
}

void show_access(std::string_view owner, std::string_view group, std::string_view permissions,
                 Metadata& metadata) {
  if (has_any(metadata, {"owner", "group"})) return;
  show_id(owner, kOwner, "uid", metadata);
  show_id(group, kGroup, "gid", metadata);
  const auto bits = bits_of(permissions);
  if (!bits || has_any(metadata, {kPermissions, "mode", "is_symlink"})) return;
  const mode_t kind = is_directory(metadata) ? S_IFDIR : S_IFREG;
  metadata.emplace(kPermissions, std::to_string(kind | *bits));
}

}  // namespace aloft::internal
