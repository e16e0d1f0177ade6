// SPDX-License-Identifier: Apache-2.0
#include "transfer/tree.h"

#include <errno.h>

namespace aloft::transfer {

namespace {

constexpr int kLinksMax = 40;

Result<std::string> resolve_link(Tree& tree, const Entry& link, const Limits& limits) {
  const std::string target = TRY(tree.link_target(link, limits));
  const auto outside = [&] {
    return fail(ErrorCode::permission_denied, "will not follow the symbolic link " +
                                                  tree.name_of(link.path) + ": it leads to \"" +
                                                  target + "\", out of its tree");
  };
  if (target.starts_with('/')) return outside();
  auto resolved = normalized(join(parent_of(link.path), target));
  if (!resolved) return outside();
  return resolved;
}

}  // namespace

Result<Entry> follow(Tree& tree, std::string_view path, const Limits& limits) {
  std::string at(path);
  for (int links = 0; links <= kLinksMax; ++links) {
    Entry entry = TRY(tree.look(at, limits));
    if (entry.kind() != FileKind::symlink) return entry;
    at = TRY(resolve_link(tree, entry, limits));
  }
  return fail(os_error(ELOOP, "too many symbolic links behind " + tree.name_of(path)));
}

Result<std::string> normalized(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (name == "..") {
      if (result.empty()) {
        return fail(ErrorCode::invalid_argument, "\"..\" leads above where the path starts");
      }
      result = std::string(parent_of(result));
    } else if (!name.empty() && name != ".") {
      result = join(result, name);
    }
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return result;
}

}  // namespace aloft::transfer
