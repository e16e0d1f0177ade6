// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "transfer/tree.h"

namespace aloft::transfer::testing {

/// Path below a directory, and what is there in one line.
using Snapshot = std::map<std::string, std::string>;

/// Makes the directories above it too.
void write_file(const std::string& path, std::string_view content);
void make_link(const std::string& path, const std::string& target);
void set_mtime(const std::string& path, long seconds, long nanoseconds);
std::string content_of(const std::string& path);

/// Kind and content of everything below a directory of this machine, by the system's own calls.
Snapshot contents(const std::string& directory);
/// As above, with mode, owner, group and mtime; the directory itself is "".
Snapshot attributes(const std::string& directory);
/// As contents(), of any tree.
Snapshot contents(Tree& tree, std::string_view path);

inline std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace aloft::transfer::testing
