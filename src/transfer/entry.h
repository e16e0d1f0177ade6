// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/attributes.h"
#include "object/object_store.h"

namespace aloft::transfer {

using format::FileAttributes;
using format::FileKind;

/// "file", "directory", "symbolic link", "socket", …: for messages.
std::string_view name_of(FileKind kind);

/// Fifos, sockets and devices: they have no content to copy.
bool is_special(FileKind kind);

/// Of a fifo, socket or device named `shown`.
Error no_content_to_copy(const std::string& shown, FileKind kind);

/// Which file of this machine a name leads to.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};

/// One file, directory or symbolic link of a tree, on this machine or in a container.
struct Entry {
  std::string path{};  ///< In its tree, "/" between names; "": the root.
  FileAttributes attributes{};
  std::uint64_t size_bytes = 0;
  std::uint64_t links = 1;             ///< How many names the file has; on this machine.
  FileId file_id{};                    ///< On this machine.
  std::string link_target{};           ///< On this machine; an object's target is its content.
  std::string key{};                   ///< In a container: of the object, without a final "/".
  std::optional<ObjectInfo> object{};  ///< In a container; not set for a directory that is only
                                       ///< implied by what lies in it.

  FileKind kind() const { return attributes.kind; }
};

/// Gets what a walk finds: each directory before what is in it. Called on the walking thread.
struct Visitor {
  /// An error ends the walk.
  std::function<Result<void>(Entry entry)> found;
  /// `name` could not be read (for people, "/data/x" or "az://a/c/x"); the walk goes on.
  std::function<void(std::string name, Error error)> failed;
  /// Whether what is in a directory is wanted; null: always. Where it is not, a walk that reads
  /// directory by directory does not read it; others may find what is in it all the same.
  std::function<bool(const Entry& directory)> enter{};
  /// Gets the object "d/" that lies beside the marker "d" of a directory, or is in front of what is
  /// in the root of the walk: it adds nothing, but goes where the directory goes. Null: not wanted.
  /// Not called by a walk that selects.
  std::function<Result<void>(Entry marker)> second_marker{};
};

/// `directory`/`name`; either may be empty.
std::string join(std::string_view directory, std::string_view name);

/// `path` without the directory that it lies below (or is) in front.
std::string_view below(std::string_view path, std::string_view directory);
/// Everything before the last "/", empty if there is none.
std::string_view parent_of(std::string_view path);
/// Everything behind the last "/".
std::string_view base_of(std::string_view path);

}  // namespace aloft::transfer
