// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "format/content_notes.h"
#include "transfer/object_tree.h"

namespace aloft::transfer {

/// Where an object is to be written, and what is known to be there.
struct ObjectTarget {
  std::string path{};                   ///< In the tree.
  std::optional<ObjectInfo> present{};  ///< The object that the write takes the place of.
  std::string key{};                    ///< Of a new object; empty: that of the path.
};

/// What is known of a file that is written.
struct Description {
  FileAttributes attributes{};
  format::ContentNotes notes{};
  /// Of content that an object has already; empty: it is new content.
  std::string content_version{};
  std::string content_md5{};  ///< As the store spells it; empty: none is recorded.
};

/// What is written beside the content.
struct ObjectHead {
  Metadata metadata;
  ContentProperties properties;
  Conditions conditions;
};

std::string new_content_version();

/// Performs one write of a file, in place of exactly what is known to be there:
/// names and properties that others stored with it are kept. If something else is there by now,
/// looks and writes again, a few times; fails with EISDIR where that is a directory, and with
/// precondition_failed where blocks are gone.
Result<PutResult> write_object(
    ObjectTree& tree, ObjectTarget target, const Description& description,
    const std::function<Result<PutResult>(const std::string& key, const ObjectHead& head)>& write,
    const Limits& limits);

/// As above, of small content by one request.
Result<PutResult> put_object(ObjectTree& tree, ObjectTarget target, const Description& description,
                             std::span<const std::byte> content, const Limits& limits);

/// What another writer put at `path` since, where something of the kind `wanted` is to go; fails
/// with EISDIR or ENOTDIR where the one is a directory and the other is not.
Result<std::optional<ObjectInfo>> look_again(ObjectTree& tree, const std::string& path,
                                             FileKind wanted, const Limits& limits);

/// Brings the attributes of the object that `present` tells of up to date; precondition_failed if
/// it is another version by now.
Result<void> write_attributes(ObjectTree& tree, const Entry& present,
                              const FileAttributes& attributes, const Limits& limits);

/// Makes the marker of a directory, or brings the attributes of the one that is there up to date.
Result<void> write_directory(ObjectTree& tree, ObjectTarget target,
                             const FileAttributes& attributes, const Limits& limits);

}  // namespace aloft::transfer
