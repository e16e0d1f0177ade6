// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace aloft {

/// A directory of this machine beneath which paths are resolved: whatever they say, and whatever
/// symbolic links lie there, nothing outside is reached. Names of objects are chosen by strangers,
/// so everything that is copied to disk goes through here.
///
/// Paths are relative, "" is the directory itself. Safe from many threads at once.
class LocalDirectory {
 public:
  /// Follows symbolic links in `path`, which the user named.
  static Result<LocalDirectory> open(std::string path);

  const std::string& path() const { return path_; }
  /// The path as the user would write it, for messages.
  std::string name_of(std::string_view path) const;

  /// open(2) without following any symbolic link beneath here: where the last name is one, fails
  /// with ELOOP (or ENOTDIR with O_DIRECTORY; O_PATH | O_NOFOLLOW opens the link itself).
  Result<UniqueFd> open_beneath(std::string_view path, int flags, mode_t mode = 0) const;
  /// The directory that holds `path`, for calls of the *at family with its last name.
  Result<UniqueFd> open_parent(std::string_view path) const;

 private:
  LocalDirectory(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  UniqueFd fd_;
};

/// Fails with invalid_argument, naming the reason, for paths that no file system could hold or that
/// would leave the directory: absolute ones, names "", "." and "..", NUL bytes, names over 255
/// bytes.
Result<void> check_relative_path(std::string_view path);

}  // namespace aloft
