// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/local_directory.h"
#include "base/result.h"
#include "transfer/entry.h"

namespace aloft::transfer {

/// How stored attributes become those of files on disk.
struct RestoreOptions {
  /// Also restore owner, group and the set-uid, set-gid and sticky bits: only for containers whose
  /// writers are trusted.
  bool trust_modes = false;
  /// For what was stored without a mode.
  mode_t umask = 022;
};

/// Gives the open file or directory the attributes; `shown` is for errors.
Result<void> restore_attributes(int fd, const FileAttributes& attributes,
                                const RestoreOptions& options, const std::string& shown);

/// What is known of a file before its content.
struct FileShape {
  std::uint64_t size_bytes = 0;
  /// Blocks of zeros become holes, and no room is reserved for them.
  bool sparse = false;
};

/// Of a call that just failed, by its errno: a full disk has its remedy.
tl::unexpected<Error> cannot_write(const std::string& shown);

/// A new hidden name, for a file that has no other yet: ".aloft-….part".
std::string temporary_name();
/// Whether a name may be one of these.
bool is_temporary_name(std::string_view name);

/// A file that is being written under a hidden name that outlives the process.
struct PartialFile {
  std::string path;  ///< Absolute; empty: there is none.
  dev_t device = 0;
  ino_t inode = 0;
};

/// A file that is being written and has no name of its own until it is complete: whoever looks sees
/// the old file or the whole new one. Without publish() the destructor removes what was written; a
/// process that is killed leaves nothing either where the file system can make files without a name
/// (O_TMPFILE), but for the moment in which it takes the place of another one; else one named
/// ".aloft-….part".
class NewFile {
 public:
  /// `path` must not be a directory or a special file; its directory exists. Reserves its
  /// size on disk, so that a full one is found before the bytes are fetched (no_space).
  static Result<NewFile> create(const LocalDirectory& root, std::string path,
                                const FileShape& shape);
  /// As create(), but whatever kills the process, resume() finds what was written. `record` keeps
  /// where that is, if the file system allows before the file has the name; an error of its is
  /// returned, and the file removed.
  static Result<NewFile> create_resumable(
      const LocalDirectory& root, std::string path, const FileShape& shape,
      const std::function<Result<void>(PartialFile partial)>& record);
  /// Goes on with what was kept; not_found where it is there no more, or is not what was made.
  static Result<NewFile> resume(const LocalDirectory& root, std::string path,
                                const FileShape& shape, const PartialFile& partial);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  /// Safe from many threads at once.
  Result<void> write(std::uint64_t offset, std::span<const std::byte> content) const;
  Result<FileId> id() const;
  /// For reading what was written.
  int fd() const { return fd_.get(); }
  /// Leaves a resumable file for resume() rather than to remove it. Nothing may be done with it any
  /// more.
  void keep() { temporary_name_.clear(); }
  /// Restores the attributes, waits until the content is on disk, and gives the file its name, in
  /// place of a file or symbolic link that has it.
  Result<void> publish(const FileAttributes& attributes, const RestoreOptions& options);

 private:
  NewFile(std::string shown, std::string name, UniqueFd parent, const FileShape& shape)
      : shape_(shape),
        shown_(std::move(shown)),
        name_(std::move(name)),
        parent_(std::move(parent)) {}
  static Result<NewFile> place(const LocalDirectory& root, std::string path,
                               const FileShape& shape);
  Result<void> open();
  Result<PartialFile> partial(const std::string& name) const;
  Result<bool> link(const std::string& name) const;
  Result<void> reserve() const;
  Result<void> write_run(std::uint64_t offset, std::span<const std::byte> content) const;
  Result<void> link_temporary_name();

  FileShape shape_;
  std::string shown_;  // For people.
  std::string name_;   // Within parent_.
  UniqueFd parent_;
  std::string temporary_name_;  // Within parent_; empty while the file has no name at all.
  UniqueFd fd_;
};

/// Removes a file with a temporary name that an ended process of this user left; false where it may
/// be one that a copy is writing, or is none of ours.
Result<bool> remove_abandoned(const LocalDirectory& root, const std::string& path);

/// Makes a symbolic link that holds `target`, in place of a file or link that has the name.
Result<void> make_symlink(const LocalDirectory& root, const std::string& path,
                          const std::string& target, const FileAttributes& attributes,
                          const RestoreOptions& options);

/// Gives an open file (O_PATH will do) the name `path` too, in place of a file or link that has it.
/// The errno tells where the file system has no such links (EXDEV, EPERM, EMLINK, EOPNOTSUPP).
Result<void> make_hard_link(int file, const LocalDirectory& root, const std::string& path);

}  // namespace aloft::transfer
