// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <chrono>

#include "base/limits.h"
#include "base/local_directory.h"
#include "transfer/tree.h"

namespace aloft::transfer {

/// Permissions, owner, group and times of a file of this machine.
FileAttributes attributes_of(const struct stat& status);
std::chrono::nanoseconds since_epoch(const timespec& time);

/// A directory of this machine and what is below it. A walk visits all names of a directory before
/// those further down, in byte order, and holds one directory open at a time; files that copies are
/// still writing are not there.
class LocalTree final : public Tree {
 public:
  explicit LocalTree(LocalDirectory root) : root_(std::move(root)) {}

  const LocalDirectory& directory() const { return root_; }

  std::string name_of(std::string_view path) const override { return root_.name_of(path); }
  Result<Entry> look(std::string_view path, const Limits& limits) override;
  Result<std::vector<Entry>> children(std::string_view path, const Limits& limits) override;
  Result<void> walk(std::string_view path, const Visitor& visitor, const Limits& limits) override;
  Result<std::string> link_target(const Entry& entry, const Limits& limits) override;
  Result<void> read(const Entry& entry, std::uint64_t offset, std::span<std::byte> buffer,
                    const Limits& limits) override;

 private:
  LocalDirectory root_;
};

/// All names in a directory, also those that a walk leaves out, in byte order.
Result<std::vector<std::string>> names_in(const LocalDirectory& root, std::string_view path);

/// Where an open file or directory is, from "/" on.
Result<std::string> real_path(int fd);

/// Which content a file has: another one as soon as somebody writes to it or takes its place, as
/// far as times and places on its disk tell.
std::string version_of(const struct stat& status);

/// Opens a regular file for reading; fails where it is something else (a fifo would block).
Result<UniqueFd> open_regular(const LocalDirectory& root, std::string_view path);

/// Fills `buffer` from `offset` of the file; precondition_failed if it ends earlier.
Result<void> read_exactly(int fd, std::uint64_t offset, std::span<std::byte> buffer,
                          const std::string& shown);

}  // namespace aloft::transfer
