// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "format/attributes.h"
#include "object/object_account.h"
#include "posix/file_system.h"
#include "posix/internal/committer.h"
#include "posix/internal/directory_cache.h"
#include "posix/internal/file_content.h"
#include "posix/internal/turn.h"

namespace aloft::posix {

/// Where a node is in the catalogue; files and directories of a container are `object`.
enum class Level { catalogue, provider, account, container, object };

/// One file or directory that the kernel may know: its inode.
struct Node {
  struct State {
    InodeId parent = kRootInode;
    std::string name{};
    /// Of the object; a directory without its final "/"; empty for the top of a container.
    std::string key{};
    bool directory = false;
    /// What the store was last known to have; empty for directories that only keys imply and for
    /// files that are not there yet.
    std::optional<ObjectInfo> info{};
    Clock::time_point asked_at{};  ///< When the store said so.
    /// Attributes that the next write of metadata carries. Its kind is that of the file.
    format::FileAttributes unsaved{};
    bool has_unsaved = false;
    bool uncommitted = false;  ///< Made here, and the store does not have it yet.
    bool unlinked = false;     ///< No name leads here any more; key is that of the orphan.
    std::chrono::system_clock::time_point made_at{};  ///< While uncommitted.
    /// While handles are open, or a failed commit keeps it dirty.
    std::shared_ptr<FileContent> content{};
    unsigned handles = 0;
    std::string kernel_content{};  ///< The content version at the last open.
    ContentId cached_content = 0;  ///< In the block cache, for content version `cached_version`.
    std::string cached_version{};
    Base last_base{};  ///< Of the content that was closed last: knows its blocks.
    std::optional<std::string> link_target{};
    Etag link_etag{};
  };

  InodeId id = 0;
  Level level = Level::object;
  std::shared_ptr<ObjectAccount> account{};
  std::shared_ptr<ObjectStore> store{};

  Guarded<State> state{};
  Turn turn{};     ///< Taken for changes of this file in the store.
  Turn appends{};  ///< Taken before `turn`, by a write to the end: it may take several parts.
  DirectoryCache directory{};

  Place place() { return {store, state.lock()->key}; }
};
using NodePointer = std::shared_ptr<Node>;

/// "" or the key with a "/": what the keys in the directory begin with.
inline std::string prefix_of(std::string_view directory_key) {
  return directory_key.empty() ? std::string() : std::string(directory_key) + "/";
}

}  // namespace aloft::posix
