// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aloft::enter {

struct MountedAt {
  std::string directory;
  std::string type;
  std::string source;
};

/// The lines of /proc/self/mountinfo; lines that make no sense are left out.
std::vector<MountedAt> parse_mount_table(std::string_view text);

/// What Aloft has mounted at exactly this path (absolute, without links), seen from this process.
Result<std::optional<MountedAt>> find_aloft_mount(const std::string& directory);

/// `path` as mount tables name it: absolute, links resolved. Works for a mount whose server is
/// gone, too, which refuses realpath(3).
Result<std::string> resolve_mount_point(const std::string& path);

}  // namespace aloft::enter
