// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "object/metadata.h"
#include "object/object_store.h"

namespace aloft::format {

enum class FileKind { regular, directory, symlink, fifo, socket, character_device, block_device };

/// S_IFREG, S_IFDIR, …
mode_t type_bits(FileKind kind);
/// Of the type bits in a st_mode; regular where they are absent or unknown.
FileKind kind_of_mode(mode_t mode);

/// What POSIX keeps with a file, as far as the object says so: an attribute that nobody stored is
/// empty, and the reader chooses a default.
struct FileAttributes {
  FileKind kind = FileKind::regular;
  std::optional<mode_t> permissions{};  ///< The lower twelve bits of st_mode.
  std::optional<uid_t> uid{};
  std::optional<gid_t> gid{};
  /// Since the epoch; may be negative.
  std::optional<std::chrono::nanoseconds> mtime{};
  std::optional<std::chrono::nanoseconds> atime{};

  bool operator==(const FileAttributes&) const = default;
};

/// Reads the standard names of AzCopy (our own), AzCopy's amlfs style, rclone's and blobfuse2's; a
/// value that makes no sense counts as absent. A key that ends in "/" is a directory.
FileAttributes decode_attributes(const ObjectInfo& object);

/// Writes what `attributes` has into `metadata` by AzCopy's standard names and leaves all other
/// names as they are, except that forms of other tools that are present are brought in step
/// (rclone) or replaced (amlfs, which changes how AzCopy reads the rest).
void encode_attributes(const FileAttributes& attributes, Metadata& metadata);

/// Azure takes 8 KB of names and values; ENOSPC beyond, naming `key`.
Result<void> check_metadata_size(std::string_view key, const Metadata& metadata);

}  // namespace aloft::format
