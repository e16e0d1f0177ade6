// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/file_view.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/local_directory.h"

namespace aloft::emulator::batch {

namespace {

constexpr auto kCloseDirectory = [](DIR* directory) { ::closedir(directory); };
using Directory = std::unique_ptr<DIR, decltype(kCloseDirectory)>;

FileEntry entry_of(std::string name, const struct stat& status) {
  const auto since_epoch = std::chrono::seconds(status.st_mtim.tv_sec) +
                           std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  const bool is_directory = S_ISDIR(status.st_mode);
  return {.name = std::move(name),
          .is_directory = is_directory,
          .size_bytes = is_directory ? 0 : static_cast<std::uint64_t>(status.st_size),
          .modified_at = std::chrono::system_clock::time_point(
              std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch)),
          .mode = status.st_mode};
}

tl::unexpected<Error> not_there(std::string_view name) {
  return fail(ErrorCode::not_found, "the node has no file " + std::string(name));
}

/// Appends what lies in the open directory `fd`, whose name is `prefix` ("" or with a final "/").
void walk(UniqueFd fd, const std::string& prefix, bool recursive, std::vector<FileEntry>& found) {
  const Directory directory(::fdopendir(fd.get()));
  if (!directory) return;
  const int open_fd = fd.release();  // closedir(3) closes it.
  while (const dirent* child = ::readdir(directory.get())) {
    const std::string_view name = child->d_name;
    if (name == "." || name == "..") continue;
    struct stat status {};
    if (::fstatat(open_fd, child->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) continue;
    found.push_back(entry_of(prefix + std::string(name), status));
    if (!recursive || !S_ISDIR(status.st_mode)) continue;
    UniqueFd below(
        ::openat(open_fd, child->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (below) walk(std::move(below), prefix + std::string(name) + "/", true, found);
  }
}

}  // namespace

Result<UniqueFd> FileView::open_name(std::string_view name, int flags) const {
  const LocalDirectory root = TRY(LocalDirectory::open(root_));
  const std::string separator = directory_.empty() || name.empty() ? "" : "/";
  return root.open_beneath(directory_ + separator + std::string(name), flags);
}

Result<std::vector<FileEntry>> FileView::list(bool recursive) const {
  UniqueFd fd = TRY(open_name("", O_RDONLY | O_DIRECTORY));
  std::vector<FileEntry> found;
  walk(std::move(fd), "", recursive, found);
  std::ranges::sort(found, {}, &FileEntry::name);
  return found;
}

Result<FileEntry> FileView::find(std::string_view name) const {
  if (name.empty()) return not_there(name);
  const auto fd = open_name(name, O_PATH);  // Opens no pipe or device, which could block.
  struct stat status {};
  if (!fd || ::fstat(fd->get(), &status) != 0) return not_there(name);
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return not_there(name);
  return entry_of(std::string(name), status);
}

Result<FileView::OpenFile> FileView::open(std::string_view name) const {
  const FileEntry entry = TRY(find(name));
  if (entry.is_directory) return fail_os(EISDIR, "cannot read " + entry.name);
  // A pipe that took the file's place since would block otherwise.
  UniqueFd fd = TRY(open_name(name, O_RDONLY | O_NONBLOCK));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return not_there(name);
  return OpenFile{.fd = std::move(fd), .entry = entry_of(std::string(name), status)};
}

}  // namespace aloft::emulator::batch
