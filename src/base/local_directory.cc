// SPDX-License-Identifier: Apache-2.0
#include "base/local_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace aloft {

namespace {

constexpr std::size_t kNameBytesMax = 255;

int open_with_openat2(int directory, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
  // With O_NOFOLLOW and O_PATH the last name may be a link: it is opened, not followed.
  return static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how));
}

// For kernels before 5.6, and sandboxes that do not know openat2: one name at a time.
int open_by_names(int directory, std::string_view path, int flags, mode_t mode) {
  UniqueFd held;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string name(path.substr(0, slash));
    const int base = held ? held.get() : directory;
    if (slash == std::string_view::npos) {
      return ::openat(base, name.c_str(), flags | O_NOFOLLOW, mode);
    }
    const int next = ::openat(base, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0) return -1;
    held = UniqueFd(next);
    path.remove_prefix(slash + 1);
  }
}

int open_at(int directory, const std::string& path, int flags, mode_t mode) {
  const int fd = open_with_openat2(directory, path, flags, mode);
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return fd;
  return open_by_names(directory, path, flags, mode);
}

}  // namespace

Result<void> check_relative_path(std::string_view path) {
  const auto refuse = [](std::string_view reason) {
    return fail(os_error(EINVAL, std::string(reason)));
  };
  if (path.find('\0') != std::string_view::npos) return refuse("its name holds a NUL byte");
  if (path.starts_with('/')) return refuse("its name starts with \"/\"");
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (name.empty()) return refuse("its name holds \"//\" or ends with \"/\"");
    if (name == "." || name == "..") {
      return refuse("its name holds \"" + std::string(name) + "\" as a directory");
    }
    if (name.size() > kNameBytesMax) {
      return fail(os_error(ENAMETOOLONG, "a part of its name is longer than 255 bytes"));
    }
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
    if (path.empty()) return refuse("its name ends with \"/\"");
  }
  return {};
}

Result<LocalDirectory> LocalDirectory::open(std::string path) {
  UniqueFd fd = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
  return LocalDirectory(std::move(path), std::move(fd));
}

std::string LocalDirectory::name_of(std::string_view path) const {
  if (path.empty()) return path_;
  return path_ + (path_.ends_with('/') ? "" : "/") + std::string(path);
}

Result<UniqueFd> LocalDirectory::open_beneath(std::string_view path, int flags, mode_t mode) const {
  TRY(check_relative_path(path));
  const std::string resolved = path.empty() ? "." : std::string(path);
  const int fd = open_at(fd_.get(), resolved, flags | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd >= 0) return UniqueFd(fd);
  Error error = fail_os(errno, "cannot open " + name_of(path)).value();
  const bool reads = (flags & (O_ACCMODE | O_PATH)) == O_RDONLY;
  if (error.os_errno == EACCES && reads) {
    error.message += "; let its owner give you permission to read it (chmod), or leave it out";
  }
  return fail(std::move(error));
}

Result<UniqueFd> LocalDirectory::open_parent(std::string_view path) const {
  const std::size_t slash = path.rfind('/');
  const auto parent = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  return open_beneath(parent, O_PATH | O_DIRECTORY);
}

}  // namespace aloft
