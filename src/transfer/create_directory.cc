// SPDX-License-Identifier: Apache-2.0
#include "transfer/create_directory.h"

#include <errno.h>

#include "format/names.h"
#include "transfer/internal/object_writer.h"

namespace aloft::transfer {

namespace {

Result<void> check_parent(ObjectTree& tree, const std::string& path, const Limits& limits) {
  const std::string parent(parent_of(path));
  const Entry entry = TRY(tree.look(parent, limits));
  if (entry.kind() == FileKind::directory) return {};
  return fail(os_error(ENOTDIR, tree.name_of(parent) + " is a " +
                                    std::string(name_of(entry.kind())) + ", not a directory"));
}

}  // namespace

Result<void> create_directory(ObjectTree& tree, const std::string& path,
                              const CreateDirectoryOptions& options, const Limits& limits) {
  auto present = tree.look(path, limits);
  if (present) {
    if (options.parents && present->kind() == FileKind::directory) return {};
    return fail(os_error(EEXIST, "cannot make the directory " + tree.name_of(path) + ": a " +
                                     std::string(name_of(present->kind())) + " is there already"));
  }
  if (present.error().code != ErrorCode::not_found || path.empty()) {
    return fail(std::move(present).error());
  }
  TRY(format::check_new_name(base_of(path)));
  if (options.parents) {
    TRY(create_directory(tree, std::string(parent_of(path)), options, limits));
  } else {
    TRY(check_parent(tree, path, limits));
  }
  return write_directory(tree, {.path = path}, options.attributes, limits);
}

}  // namespace aloft::transfer
