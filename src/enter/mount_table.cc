// SPDX-License-Identifier: Apache-2.0
#include "enter/mount_table.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include "base/file.h"

namespace aloft::enter {
namespace {

/// Blanks and backslashes of paths stand in the table as \ooo.
std::string unescape(std::string_view text) {
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
        is_octal(text[i + 3])) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                 (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

Result<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         std::free);
  if (!real) return fail_os(errno, "cannot look at " + path);
  return std::string(real.get());
}

}  // namespace

std::vector<MountedAt> parse_mount_table(std::string_view text) {
  std::vector<MountedAt> mounts;
  for (const std::string_view line : split(text, '\n')) {
    // ID PARENT DEVICE ROOT DIRECTORY OPTIONS [TAGS…] - TYPE SOURCE SUPER-OPTIONS
    const std::vector<std::string_view> fields = split(line, ' ');
    std::size_t dash = 6;
    while (dash < fields.size() && fields[dash] != "-") ++dash;
    if (dash + 2 >= fields.size()) continue;
    mounts.push_back({.directory = unescape(fields[4]),
                      .type = std::string(fields[dash + 1]),
                      .source = unescape(fields[dash + 2])});
  }
  return mounts;
}

Result<std::optional<MountedAt>> find_aloft_mount(const std::string& directory) {
  const std::string table = TRY(read_file("/proc/self/mountinfo"));
  const std::vector<MountedAt> mounts = parse_mount_table(table);
  // Of several on top of each other the last one is in sight.
  const auto last = std::find_if(mounts.rbegin(), mounts.rend(), [&](const MountedAt& mount) {
    return mount.directory == directory;
  });
  if (last == mounts.rend() || last->type != "fuse.aloft") return std::nullopt;
  return *last;
}

Result<std::string> resolve_mount_point(const std::string& path) {
  auto real = real_path(path);
  if (real || real.error().os_errno != ENOTCONN) return real;
  std::string plain = path;
  while (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  const std::size_t slash = plain.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : plain.substr(0, slash + 1);
  const std::string directory = TRY(real_path(parent));
  return (directory == "/" ? "" : directory) + "/" +
         plain.substr(slash == std::string::npos ? 0 : slash + 1);
}

}  // namespace aloft::enter
