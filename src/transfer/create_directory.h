// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transfer/object_tree.h"

namespace aloft::transfer {

struct CreateDirectoryOptions {
  FileAttributes attributes{.kind = FileKind::directory};
  /// Also make the directories above, and be content where it is there already (mkdir -p).
  bool parents = false;
};

/// Makes the marker of a directory of a container. Without `parents` fails with already_exists, or
/// with not_found where the directory above is missing.
Result<void> create_directory(ObjectTree& tree, const std::string& path,
                              const CreateDirectoryOptions& options, const Limits& limits);

}  // namespace aloft::transfer
