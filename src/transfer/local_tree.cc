// SPDX-License-Identifier: Apache-2.0
#include "transfer/local_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <ranges>
#include <vector>

#include "base/clock.h"
#include "transfer/new_file.h"

namespace aloft::transfer {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<std::string> read_link(int directory, const std::string& name, const std::string& shown) {
  std::string target(PATH_MAX, '\0');
  const ssize_t length = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (length < 0) return fail_os(errno, "cannot read the symbolic link " + shown);
  target.resize(static_cast<std::size_t>(length));
  return target;
}

Result<Entry> entry_at(int directory, const std::string& name, std::string path,
                       const std::string& shown) {
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail_os(errno, "cannot look at " + shown);
  }
  Entry entry{.path = std::move(path),
              .attributes = attributes_of(status),
              .size_bytes = static_cast<std::uint64_t>(status.st_size),
              .links = status.st_nlink,
              .file_id = {.device = status.st_dev, .inode = status.st_ino}};
  if (entry.kind() == FileKind::symlink) {
    entry.link_target = TRY(read_link(directory, name, shown));
  }
  return entry;
}

Result<std::vector<std::string>> names_in(DIR* directory, const std::string& shown) {
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(directory);
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return fail_os(errno, "cannot read the directory " + shown);
  std::ranges::sort(names);
  return names;
}

using Stream = std::unique_ptr<DIR, CloseDirectory>;

Result<Stream> open_stream(const LocalDirectory& root, std::string_view path) {
  UniqueFd fd = TRY(root.open_beneath(path, O_RDONLY | O_DIRECTORY));
  Stream stream(::fdopendir(fd.get()));
  if (!stream) return fail_os(errno, "cannot read the directory " + root.name_of(path));
  fd.release();  // The stream closes it.
  return stream;
}

/// The entries of a directory; `failed` gets those that cannot be looked at.
Result<std::vector<Entry>> entries_in(const LocalDirectory& root, std::string_view path,
                                      const std::function<void(std::string, Error)>& failed) {
  const Stream stream = TRY(open_stream(root, path));
  const std::vector<std::string> names = TRY(names_in(stream.get(), root.name_of(path)));
  std::vector<Entry> entries;
  entries.reserve(names.size());
  for (const std::string& name : names) {
    if (is_temporary_name(name)) continue;
    std::string entry_path = join(path, name);
    const std::string shown = root.name_of(entry_path);
    auto entry = entry_at(::dirfd(stream.get()), name, std::move(entry_path), shown);
    if (entry) {
      entries.push_back(std::move(*entry));
    } else {
      failed(shown, std::move(entry).error());
    }
  }
  return entries;
}

}  // namespace

Result<std::vector<std::string>> names_in(const LocalDirectory& root, std::string_view path) {
  const Stream stream = TRY(open_stream(root, path));
  return names_in(stream.get(), root.name_of(path));
}

std::chrono::nanoseconds since_epoch(const timespec& time) {
  // Nanoseconds in 64 bits end in the year 2262; a file system may hold later times.
  constexpr auto limit = std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds::max());
  const std::chrono::seconds seconds(time.tv_sec);
  return std::clamp(seconds, -limit, limit) + std::chrono::nanoseconds(time.tv_nsec);
}

FileAttributes attributes_of(const struct stat& status) {
  return {.kind = format::kind_of_mode(status.st_mode),
          .permissions = status.st_mode & 07777,
          .uid = status.st_uid,
          .gid = status.st_gid,
          .mtime = since_epoch(status.st_mtim)};
}

Result<Entry> LocalTree::look(std::string_view path, const Limits&) {
  const std::string shown = root_.name_of(path);
  if (path.empty()) {
    const UniqueFd itself = TRY(root_.open_beneath("", O_PATH | O_DIRECTORY));
    struct stat status {};
    if (::fstat(itself.get(), &status) != 0) return fail_os(errno, "cannot look at " + shown);
    return Entry{.attributes = attributes_of(status)};
  }
  const UniqueFd parent = TRY(root_.open_parent(path));
  return entry_at(parent.get(), std::string(base_of(path)), std::string(path), shown);
}

Result<std::vector<Entry>> LocalTree::children(std::string_view path, const Limits&) {
  std::optional<Error> first;
  auto entries = entries_in(root_, path, [&](const std::string&, Error error) {
    if (!first) first = std::move(error);
  });
  if (first) return fail(std::move(*first));
  return entries;
}

Result<void> LocalTree::walk(std::string_view path, const Visitor& visitor, const Limits& limits) {
  std::vector<std::string> pending{std::string(path)};
  while (!pending.empty()) {
    const std::string directory = std::move(pending.back());
    pending.pop_back();
    TRY(limits.check(system_clock(), "reading " + root_.name_of(directory)));
    auto entries = entries_in(root_, directory, visitor.failed);
    if (!entries) {
      visitor.failed(root_.name_of(directory), std::move(entries).error());
      continue;
    }
    // Pushed in reverse: the last one pushed is visited first.
    for (const Entry& entry : *entries | std::views::reverse) {
      if (entry.kind() != FileKind::directory) continue;
      if (!visitor.enter || visitor.enter(entry)) pending.push_back(entry.path);
    }
    for (Entry& entry : *entries) TRY(visitor.found(std::move(entry)));
  }
  return {};
}

Result<std::string> LocalTree::link_target(const Entry& entry, const Limits&) {
  const UniqueFd parent = TRY(root_.open_parent(entry.path));
  return read_link(parent.get(), std::string(base_of(entry.path)), root_.name_of(entry.path));
}

Result<void> LocalTree::read(const Entry& entry, std::uint64_t offset, std::span<std::byte> buffer,
                             const Limits&) {
  const UniqueFd file = TRY(open_regular(root_, entry.path));
  return read_exactly(file.get(), offset, buffer, root_.name_of(entry.path));
}

Result<std::string> real_path(int fd) {
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  return read_link(AT_FDCWD, link, link);
}

std::string version_of(const struct stat& status) {
  return fmt::format("{}:{} {} {} {}", status.st_dev, status.st_ino, status.st_size,
                     since_epoch(status.st_mtim).count(), since_epoch(status.st_ctim).count());
}

Result<UniqueFd> open_regular(const LocalDirectory& root, std::string_view path) {
  // Without O_NONBLOCK the open of a fifo waits for a writer.
  UniqueFd fd = TRY(root.open_beneath(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0)
    return fail_os(errno, "cannot look at " + root.name_of(path));
  if (S_ISREG(status.st_mode)) return fd;
  return fail(ErrorCode::unsupported,
              root.name_of(path) + " is a " +
                  std::string(name_of(format::kind_of_mode(status.st_mode))) + ", not a file");
}

Result<void> read_exactly(int fd, std::uint64_t offset, std::span<std::byte> buffer,
                          const std::string& shown) {
  if (TRY(read_at(fd, offset, buffer, shown)) == buffer.size()) return {};
  return fail(ErrorCode::precondition_failed, shown + " became shorter");
}

}  // namespace aloft::transfer
