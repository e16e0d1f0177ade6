// SPDX-License-Identifier: Apache-2.0
#include "base/usable_memory.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

#include "base/file.h"

namespace aloft {
namespace {

constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

/// kNone where there is no limit ("max") or no such file.
std::uint64_t limit_in(const std::string& path) {
  const auto text = read_file(path);
  std::uint64_t limit = kNone;
  if (text) std::from_chars(text->data(), text->data() + text->size(), limit);
  return limit;
}

/// Of the group and of all above it, up to `mount`, below which they are directories.
std::uint64_t limit_of(const std::string& mount, std::string_view group, const char* file) {
  std::uint64_t limit = limit_in(mount + "/" + file);
  while (group.size() > 1) {
    limit = std::min(limit, limit_in(mount + std::string(group) + "/" + file));
    group = group.substr(0, group.rfind('/'));
  }
  return limit;
}

/// A line of /proc/self/cgroup (cgroups(7)): "ID:CONTROLLERS:/PATH", without controllers for
/// version 2.
std::uint64_t limit_by_line(const std::string& root, std::string_view line) {
  const std::size_t first = line.find(':');
  const std::size_t second = line.find(':', first == line.npos ? first : first + 1);
  if (second == line.npos) return kNone;
  const std::string controllers =
      "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
  const std::string_view group = line.substr(second + 1);
  if (controllers == ",,") return limit_of(root + "/sys/fs/cgroup", group, "memory.max");
  if (controllers.find(",memory,") == controllers.npos) return kNone;
  return limit_of(root + "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
}

}  // namespace

std::uint64_t usable_memory_bytes(const std::string& root) {
  std::uint64_t bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                        static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto groups = read_file(root + "/proc/self/cgroup");
  if (!groups) return bytes;
  for (std::string_view rest = *groups; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    bytes = std::min(bytes, limit_by_line(root, rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return bytes;
}

}  // namespace aloft
