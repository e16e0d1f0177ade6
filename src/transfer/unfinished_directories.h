// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/new_file.h"
#include "transfer/placement.h"

namespace aloft::transfer {

enum class DirectoryWas { made, there };

/// Makes a directory with `mode` (of which the process's umask takes its part) until its attributes
/// are restored; one that is there is left as it is.
Result<DirectoryWas> make_directory(const LocalDirectory& root, const std::string& path,
                                    mode_t mode);

/// Lets this user, whose directory it is, write into it, whatever its mode says: for one whose mode
/// is restored behind what is written.
Result<void> open_to_writes(const LocalDirectory& root, const std::string& path);

/// Directories of this machine that copies write into. When nothing more comes, the names made in
/// them are brought to disk, and their modes and times are restored: a mode may forbid to write
/// into one, and what is written changes its time.
/// For one thread.
class UnfinishedDirectories {
 public:
  /// A directory that is there, below one that was added before or was there already.
  void add(std::shared_ptr<LocalTree> tree, std::string path, FileAttributes attributes);

  /// Something gets a name in the directory `path`.
  void filled(const std::shared_ptr<LocalTree>& tree, std::string_view path);

  /// Restores all, the last one first, and forgets them. Returns what failed.
  std::vector<Failure> finish(const RestoreOptions& options);

 private:
  struct Directory {
    std::shared_ptr<LocalTree> tree;
    std::string path;
    FileAttributes attributes;
  };
  std::vector<Directory> directories_;
  std::map<std::shared_ptr<LocalTree>, std::set<std::string, std::less<>>> filled_;
};

}  // namespace aloft::transfer
