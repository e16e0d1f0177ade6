// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/result.h"
#include "object/object_account.h"

namespace aloft::posix {

using InodeId = std::uint64_t;
inline constexpr InodeId kRootInode = 1;
using HandleId = std::uint64_t;

/// Who asks: new files belong to it.
struct Caller {
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t umask = 022;
};

/// Whose files they are, as this mount shows them (docs/semantics.md, "Whose files").
struct IdMapping {
  enum class Mode {
    squash,  ///< Every stored owner and group shows as `uid` and `gid`; the stored values are kept
             ///< on rewrite.
    stored,  ///< Stored ids show as they are.
  };
  Mode mode = Mode::stored;
  uid_t uid = 0;
  gid_t gid = 0;
};

struct Options {
  /// What the root directory shows: "" is the catalogue (az/ACCOUNT/CONTAINER/…),
  /// "ACCOUNT/CONTAINER[/PATH]" a directory of one container.
  std::string root{};
  IdMapping ids{};
  bool read_only = false;
  /// How long entries, attributes and negative answers are taken as true without asking again.
  std::chrono::milliseconds ttl{5000};
  /// One budget for read-ahead, dirty data and cached blocks of this file system.
  std::uint64_t memory_bytes = 256ull << 20;
  /// Size of a staged block and of one ranged read; Azure's fast path needs more than 4 MiB.
  std::uint64_t part_size_bytes = 8ull << 20;
  Clock* clock = &system_clock();
  Random* random = &system_random();
};

struct Attributes {
  struct stat status {};
  std::chrono::nanoseconds valid_for{0};
};

/// A name and what it leads to; each Entry that is handed out counts as one reference until
/// forget().
struct Entry {
  InodeId inode = 0;
  Attributes attributes{};
};

struct AttributeChange {
  std::optional<mode_t> mode{};
  std::optional<uid_t> uid{};
  std::optional<gid_t> gid{};
  std::optional<std::uint64_t> size_bytes{};
  std::optional<timespec> atime{};
  std::optional<timespec> mtime{};
};

struct DirectoryEntry {
  std::string_view name;
  std::uint64_t next_offset;  ///< Where a later read goes on behind this entry.
  /// Without a reference; a reader who keeps the inode (readdirplus) calls reference(inode) before
  /// it returns.
  InodeId inode;
  const Attributes& attributes;
};

struct Opened {
  HandleId handle = 0;
  bool keep_cache = false;  ///< The content is the version that the kernel may have cached.
};

/// The files of containers with POSIX semantics: inodes, handles, caches, read-ahead and write-back
/// over ObjectStore and format. It knows no kernel: fuse/ is one of its users.
///
/// Calls block until done or until `limits`; any thread may call, many at once. Errors carry the
/// exact errno (errno_of). Writes become visible to others when close (flush), fsync or truncate
/// returned; nothing that was acknowledged by these is lost if the process is killed afterwards.
class FileSystem {
 public:
  FileSystem(Options options, AccountOpener open_account);
  ~FileSystem();
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;

  /// Looks that the root exists and can be read; called once before anything else.
  Result<void> start(const Limits& limits);
  /// Commits what is dirty in all handles; returns the first error, having tried all.
  Result<void> drain(const Limits& limits);

  Result<Entry> lookup(InodeId parent, std::string_view name, const Limits& limits);
  void reference(InodeId inode);
  void forget(InodeId inode, std::uint64_t count);
  Result<Attributes> attributes(InodeId inode, const Limits& limits);
  Result<Attributes> set_attributes(InodeId inode, const AttributeChange& change,
                                    std::optional<HandleId> handle, const Caller& caller,
                                    const Limits& limits);
  Result<std::string> read_link(InodeId inode, const Limits& limits);
  Result<struct statvfs> statistics(const Limits& limits);

  Result<Entry> make_directory(InodeId parent, std::string_view name, mode_t mode,
                               const Caller& caller, const Limits& limits);
  Result<Entry> make_symlink(InodeId parent, std::string_view name, std::string_view target,
                             const Caller& caller, const Limits& limits);
  Result<void> remove_file(InodeId parent, std::string_view name, const Limits& limits);
  Result<void> remove_directory(InodeId parent, std::string_view name, const Limits& limits);
  /// `flags` as renameat2(2): 0 or RENAME_NOREPLACE. Directories: EOPNOTSUPP; between containers:
  /// EXDEV.
  Result<void> rename(InodeId parent, std::string_view name, InodeId new_parent,
                      std::string_view new_name, unsigned flags, const Limits& limits);

  Result<HandleId> open_directory(InodeId inode, const Limits& limits);
  /// Calls `visit` from `offset` on (0: the start, with "." and "..") until it returns false or the
  /// directory ends. The listing is that of open_directory or the last read from offset 0.
  Result<void> read_directory(HandleId handle, std::uint64_t offset,
                              const std::function<bool(const DirectoryEntry&)>& visit,
                              const Limits& limits);
  void close_directory(HandleId handle);

  /// `flags` as open(2); O_CREAT and O_EXCL are the kernel's business, O_TRUNC is done here.
  Result<Opened> open(InodeId inode, int flags, const Limits& limits);
  struct Created {
    Entry entry;
    Opened opened;
  };
  Result<Created> create(InodeId parent, std::string_view name, mode_t mode, int flags,
                         const Caller& caller, const Limits& limits);
  /// Fills the front of `buffer`; fewer bytes only at the end of the file.
  Result<std::size_t> read(HandleId handle, std::uint64_t offset, std::span<std::byte> buffer,
                           const Limits& limits);
  Result<std::size_t> write(HandleId handle, std::uint64_t offset,
                            std::span<const std::byte> content, const Limits& limits);
  /// What close(2) waits for: commits if dirty.
  Result<void> flush(HandleId handle, const Limits& limits);
  Result<void> sync(HandleId handle, const Limits& limits);
  /// The last reference to an open file is gone; its error, if any, was reported by flush.
  void release(HandleId handle);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace aloft::posix
