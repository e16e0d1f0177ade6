// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "transfer/new_file.h"
#include "transfer/placement.h"

namespace aloft::transfer {

/// Directories of this machine that copies write into. Their modes and times are restored when
/// nothing more comes: a mode may forbid to write into one, and what is written changes its time.
/// For one thread.
class UnfinishedDirectories {
 public:
  /// A directory that is there, below one that was added before or was there already.
  void add(std::shared_ptr<LocalTree> tree, std::string path, FileAttributes attributes);

  /// Restores all, the last one first, and forgets them. Returns what failed.
  std::vector<Failure> finish(const RestoreOptions& options);

 private:
  struct Directory {
    std::shared_ptr<LocalTree> tree;
    std::string path;
    FileAttributes attributes;
  };
  std::vector<Directory> directories_;
};

}  // namespace aloft::transfer
