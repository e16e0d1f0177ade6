// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transfer/tree.h"

// Globs as shells have them. In a name: "*" is any text, "?" one character (of UTF-8, or a byte
// that is none), "[a-z]" one of a set, "[!a-z]" or "[^a-z]" one that is not in it, "\" takes the
// next character as it is; a "[" that is not closed is itself. In a path, "/" only matches itself,
// and "**" as a whole name is any number of directories, also none.
namespace aloft::transfer {

/// Whether `text` holds one of * ? [ and so may be a glob.
bool has_wildcards(std::string_view text);

bool glob_matches_name(std::string_view pattern, std::string_view name);
bool glob_matches_path(std::string_view pattern, std::string_view path);

/// Paths in the tree that a glob matches, in byte order; none is no failure. As in a shell, names
/// with a dot in front only match patterns that have it, too, links are not followed on the way,
/// and a final "/" asks for directories. Reads the directories that wildcards stand for, or with
/// "**" all that is below.
Result<std::vector<std::string>> find_matching(Tree& tree, std::string_view pattern,
                                               const Limits& limits);

}  // namespace aloft::transfer
