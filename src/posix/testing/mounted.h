// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>

#include <string>
#include <string_view>
#include <vector>

#include "object/faulty_store.h"
#include "object/memory_account.h"
#include "object/retrying_store.h"
#include "posix/file_system.h"
#include "posix/testing/watched_account.h"

namespace aloft::posix::testing {

inline constexpr Caller kCaller{.uid = 1000, .gid = 1000, .umask = 022};

std::span<const std::byte> bytes_of(std::string_view text);

/// An account in memory with one container, "data", that several mounts may share.
struct Cloud {
  /// `hierarchical`: its keys are paths (ObjectStore::hierarchical).
  explicit Cloud(Clock& clock = system_clock(), bool hierarchical = false);
  /// Requests fail by chance, or their answers are lost, and are repeated, as on a bad day.
  Cloud(Clock& clock, const FaultOptions& faults, Random& random, bool hierarchical = false);
  /// Past the watch, as another tool would.
  std::shared_ptr<ObjectStore> store() { return account.container("data"); }
  Result<PutResult> put(std::string_view key, std::string_view content,
                        const Metadata& metadata = {});
  std::string content(std::string_view key);

  MemoryAccount account;
  Watch watch;
  WatchedAccount watched;
  std::shared_ptr<ObjectAccount> seen;  ///< What mounts work with.
};

/// A file system, driven by paths as the kernel would drive it: names are looked up one by one,
/// references given back. Errors are errno values.
class Mounted {
 public:
  explicit Mounted(Cloud& cloud, Options options = {});
  FileSystem& operator*() { return file_system_; }
  FileSystem* operator->() { return &file_system_; }

  Result<Entry> find(std::string_view path);
  Result<struct stat> stat(std::string_view path);
  Result<std::vector<std::string>> list(std::string_view path);
  Result<std::string> read(std::string_view path);
  /// As a shell's ">": O_TRUNC, write, close.
  Result<void> write(std::string_view path, std::string_view content);
  Result<void> append(std::string_view path, std::string_view content);
  Result<void> mkdir(std::string_view path);
  Result<void> rmdir(std::string_view path);
  Result<void> unlink(std::string_view path);
  Result<void> rename(std::string_view from, std::string_view to, unsigned flags = 0);
  Result<void> symlink(std::string_view target, std::string_view path);
  Result<std::string> readlink(std::string_view path);
  Result<void> change(std::string_view path, const AttributeChange& change);
  Result<void> truncate(std::string_view path, std::uint64_t size_bytes);

  /// O_CREAT as the kernel does it: lookup, then open or create.
  Result<HandleId> open(std::string_view path, int flags, mode_t mode = 0666);
  Result<void> close(HandleId handle);
  Result<std::string> read(HandleId handle, std::uint64_t offset, std::size_t length);
  Result<std::size_t> write(HandleId handle, std::uint64_t offset, std::string_view content);

 private:
  struct Parent {
    InodeId directory;
    std::string name;
  };
  Result<Parent> parent(std::string_view path);

  FileSystem file_system_;
};

/// The errno of a failed result, 0 of one that succeeded.
template <class T>
int errno_of_result(const Result<T>& result) {
  return result ? 0 : errno_of(result.error());
}

}  // namespace aloft::posix::testing
