// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace aloft::emulator::batch {

/// A file or directory of a node, as it is at the moment.
struct FileEntry {
  std::string name{};  ///< Relative to the view: "wd/a.txt".
  bool is_directory = false;
  std::uint64_t size_bytes = 0;  ///< 0 for directories.
  std::chrono::system_clock::time_point modified_at{};
  mode_t mode = 0;  ///< Type and permissions, as in stat(2).
};

/// Reads what lies beneath one directory of a node, while tasks may be writing there. Nothing
/// outside is reached, whatever the names say; symbolic links are neither shown nor followed, and
/// sockets, devices and pipes are not shown. A value; safe from any thread.
class FileView {
 public:
  /// `directory` is relative to `root`; links are followed in `root` alone. Neither need exist:
  /// then every call fails with not_found.
  explicit FileView(std::string root, std::string directory = {})
      : root_(std::move(root)), directory_(std::move(directory)) {}

  /// What lies directly in the view, or at any depth; directories and files, sorted by name. What
  /// vanishes meanwhile is left out.
  Result<std::vector<FileEntry>> list(bool recursive) const;

  /// Fails with not_found, also for names that could lie outside.
  Result<FileEntry> find(std::string_view name) const;

  /// For pread(2). Fails with not_found, and with os_errno EISDIR for directories.
  struct OpenFile {
    UniqueFd fd;
    FileEntry entry;
  };
  Result<OpenFile> open(std::string_view name) const;

 private:
  Result<UniqueFd> open_name(std::string_view name, int flags) const;

  std::string root_;
  std::string directory_;
};

}  // namespace aloft::emulator::batch
