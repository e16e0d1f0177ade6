// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/access_control.h"

#include <algorithm>
#include <tuple>

#include "emulator/blob/words.h"

namespace aloft::emulator::blob {

namespace {

using Type = AclEntry::Type;

constexpr unsigned kDefaultUmask = 0027;
constexpr unsigned kAllOfFile = 0666;
constexpr unsigned kAllOfDirectory = 0777;
constexpr std::string_view kTypeNames[] = {"user", "group", "mask", "other"};
constexpr std::string_view kDefaultScope = "default";

auto place_of(const AclEntry& entry) {
  return std::tie(entry.is_default, entry.type, entry.id);
}

std::string format_bits(AccessBits bits) {
  std::string text = "---";
  if (bits & 4) text[0] = 'r';
  if (bits & 2) text[1] = 'w';
  if (bits & 1) text[2] = 'x';
  return text;
}

std::optional<AccessBits> parse_bits(std::string_view text) {
  if (text.size() != 3) return std::nullopt;
  AccessBits bits = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    if (text[i] == "rwx"[i]) {
      bits |= 4u >> i;
    } else if (text[i] != '-') {
      return std::nullopt;
    }
  }
  return bits;
}

std::optional<Permissions> parse_octal(std::string_view text) {
  unsigned mode = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    mode = mode * 8 + static_cast<unsigned>(c - '0');
  }
  // Of set-user-id and set-group-id the service knows nothing.
  if (mode > 01777) return std::nullopt;
  return Permissions{.mode = mode & 0777, .is_sticky = (mode & 01000) != 0};
}

std::optional<AclEntry> parse_entry(std::string_view text, AclText kind) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
  }
  AclEntry entry;
  if (parts.front() == kDefaultScope) {
    entry.is_default = true;
    parts.erase(parts.begin());
  }
  const auto type = parts.empty() ? std::end(kTypeNames) : std::ranges::find(kTypeNames, parts[0]);
  if (type == std::end(kTypeNames)) return std::nullopt;
  entry.type = static_cast<Type>(type - std::begin(kTypeNames));
  const bool has_bits = kind == AclText::with_bits;
  if (has_bits ? parts.size() != 3 : parts.size() > 2) return std::nullopt;
  if (parts.size() > 1) entry.id = parts[1];
  if (!entry.id.empty() && entry.type != Type::user && entry.type != Type::group) {
    return std::nullopt;
  }
  if (!has_bits) return entry;
  const auto bits = parse_bits(parts[2]);
  if (!bits) return std::nullopt;
  entry.bits = *bits;
  return entry;
}

template <class List>
auto find_entry(List& acl, bool is_default, Type type) {
  return std::ranges::find_if(acl, [&](const AclEntry& entry) {
    return entry.is_default == is_default && entry.type == type && entry.id.empty();
  });
}

AccessBits bits_of(const Acl& acl, bool is_default, Type type) {
  const auto found = find_entry(acl, is_default, type);
  return found == acl.end() ? 0 : found->bits;
}

void put_entry(Acl& acl, AclEntry entry) {
  const auto place = std::ranges::find_if(
      acl, [&](const AclEntry& other) { return place_of(other) == place_of(entry); });
  if (place != acl.end()) {
    place->bits = entry.bits;
  } else {
    acl.push_back(std::move(entry));
  }
}

bool has_scope(const Acl& acl, bool is_default) {
  return std::ranges::any_of(acl,
                             [&](const AclEntry& entry) { return entry.is_default == is_default; });
}

/// What named users and groups and the owning group have in all, as a mask is made where none is
/// given.
void complete_mask(Acl& acl, bool is_default) {
  AccessBits all = 0;
  bool is_named = false;
  for (const AclEntry& entry : acl) {
    if (entry.is_default != is_default) continue;
    if (entry.type == Type::mask) return;
    if (!entry.id.empty()) is_named = true;
    if (entry.type == Type::group || !entry.id.empty()) all |= entry.bits;
  }
  if (is_named) acl.push_back({.is_default = is_default, .type = Type::mask, .bits = all});
}

/// What a default ACL does not say of owner, owning group and others is as in the access ACL.
void complete_default(Acl& acl) {
  if (!has_scope(acl, true)) return;
  for (const Type type : {Type::user, Type::group, Type::other}) {
    if (find_entry(acl, true, type) == acl.end()) {
      acl.push_back({.is_default = true, .type = type, .bits = bits_of(acl, false, type)});
    }
  }
}

void sort(Acl& acl) {
  std::ranges::sort(acl, [](const auto& a, const auto& b) { return place_of(a) < place_of(b); });
}

Acl minimal_acl(unsigned mode) {
  return {{.type = Type::user, .bits = mode >> 6 & 7},
          {.type = Type::group, .bits = mode >> 3 & 7},
          {.type = Type::other, .bits = mode & 7}};
}

/// The parent's default ACL as that of its child, less what the mode does not have.
Acl inherited_acl(const Acl& parent, unsigned mode, bool is_directory) {
  Acl acl;
  for (AclEntry entry : parent) {
    if (!entry.is_default) continue;
    if (is_directory) acl.push_back(entry);
    entry.is_default = false;
    acl.push_back(std::move(entry));
  }
  const auto limit = [&acl](Type type, unsigned bits) {
    const auto found = find_entry(acl, false, type);
    if (found != acl.end()) found->bits &= bits;
  };
  limit(Type::user, mode >> 6 & 7);
  const bool has_mask = find_entry(acl, false, Type::mask) != acl.end();
  limit(has_mask ? Type::mask : Type::group, mode >> 3 & 7);
  limit(Type::other, mode & 7);
  sort(acl);
  return acl;
}

}  // namespace

std::optional<Permissions> parse_permissions(std::string_view text) {
  if (text.size() == 3 || text.size() == 4) return parse_octal(text);
  if (text.size() == 10 && text.back() == '+') text.remove_suffix(1);
  if (text.size() != 9) return std::nullopt;
  Permissions permissions;
  std::string plain(text);
  if (plain[8] == 't' || plain[8] == 'T') {
    permissions.is_sticky = true;
    plain[8] = plain[8] == 't' ? 'x' : '-';
  }
  for (std::size_t i = 0; i < 9; i += 3) {
    const auto bits = parse_bits(std::string_view(plain).substr(i, 3));
    if (!bits) return std::nullopt;
    permissions.mode = permissions.mode << 3 | *bits;
  }
  return permissions;
}

std::string format_permissions(const AccessControl& access) {
  const auto mask = find_entry(access.acl, false, Type::mask);
  const AccessBits group =
      mask == access.acl.end() ? bits_of(access.acl, false, Type::group) : mask->bits;
  std::string text = format_bits(bits_of(access.acl, false, Type::user)) + format_bits(group) +
                     format_bits(bits_of(access.acl, false, Type::other));
  if (access.is_sticky) text[8] = text[8] == 'x' ? 't' : 'T';
  if (access.acl.size() > 3) text += '+';
  return text;
}

std::optional<Acl> parse_acl(std::string_view text, AclText kind) {
  Acl acl;
  for (const std::string_view word : split_words(text)) {
    auto entry = parse_entry(word, kind);
    const bool is_repeated = entry && std::ranges::any_of(acl, [&](const AclEntry& other) {
                               return place_of(other) == place_of(*entry);
                             });
    if (!entry || is_repeated) return std::nullopt;
    acl.push_back(std::move(*entry));
  }
  if (acl.empty()) return std::nullopt;
  return acl;
}

std::string format_acl(const Acl& acl) {
  std::vector<std::string> words;
  for (const AclEntry& entry : acl) {
    words.push_back((entry.is_default ? "default:" : "") +
                    std::string(kTypeNames[static_cast<int>(entry.type)]) + ":" + entry.id + ":" +
                    format_bits(entry.bits));
  }
  return join_words(words);
}

AccessControl with_permissions(AccessControl access, const Permissions& permissions) {
  const unsigned mode = permissions.mode;
  put_entry(access.acl, {.type = Type::user, .bits = mode >> 6 & 7});
  const bool has_mask = find_entry(access.acl, false, Type::mask) != access.acl.end();
  put_entry(access.acl, {.type = has_mask ? Type::mask : Type::group, .bits = mode >> 3 & 7});
  put_entry(access.acl, {.type = Type::other, .bits = mode & 7});
  access.is_sticky = permissions.is_sticky;
  sort(access.acl);
  return access;
}

Outcome<AccessControl> with_acl(AccessControl access, const Acl& entries, AclEdit edit,
                                bool is_directory) {
  Acl& acl = access.acl;
  if (edit == AclEdit::set && has_scope(entries, false)) acl.clear();
  for (const AclEntry& entry : entries) {
    if (entry.is_default && !is_directory) continue;
    if (edit != AclEdit::remove) {
      put_entry(acl, entry);
    } else {
      std::erase_if(acl, [&](const AclEntry& other) { return place_of(other) == place_of(entry); });
    }
  }
  for (const Type type : {Type::user, Type::group, Type::other}) {
    if (find_entry(acl, false, type) == acl.end()) {
      return refuse(make_error(Refusal::invalid_header_value,
                               "an ACL has entries for the owner, the owning group and others: "
                               "user::rwx,group::r-x,other::---"));
    }
  }
  complete_default(acl);
  complete_mask(acl, false);
  complete_mask(acl, true);
  sort(acl);
  return access;
}

Outcome<AccessControl> new_access(const AccessControl& parent, const NewAccess& wanted,
                                  bool is_directory) {
  AccessControl access{.owner = wanted.owner.value_or(wanted.creator),
                       .group = wanted.group.value_or(parent.group)};
  const unsigned all = is_directory ? kAllOfDirectory : kAllOfFile;
  const unsigned mode = wanted.permissions ? wanted.permissions->mode : all;
  access.is_sticky = wanted.permissions && wanted.permissions->is_sticky;
  access.acl = has_scope(parent.acl, true)
                   ? inherited_acl(parent.acl, mode, is_directory)
                   : minimal_acl(mode & ~wanted.umask.value_or(kDefaultUmask));
  if (!wanted.acl) return access;
  return with_acl(std::move(access), *wanted.acl, AclEdit::set, is_directory);
}

AccessControl root_access(std::string_view creator) {
  return {.owner = std::string(creator),
          .group = std::string(creator),
          .acl = minimal_acl(kAllOfDirectory & ~kDefaultUmask)};
}

}  // namespace aloft::emulator::blob
