// SPDX-License-Identifier: Apache-2.0
#include "enter/new_root.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace aloft::enter {
namespace {

/// Where the old root stays while the new one is filled.
constexpr const char* kOldRoot = "/.aloft-old-root";

std::string first_component(const std::string& path) {
  return path.substr(0, path.find('/', 1));
}

/// A mount whose server has died refuses stat(2), but can be mounted on.
bool is_there(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 || errno == ENOTCONN;
}

Result<void> require_directory(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    return fail_os(ENOTDIR, "cannot show files at " + path);
  }
  if (errno == ENOTCONN) return {};
  return fail_os(errno, "cannot show files at " + path + " (make this directory first)");
}

Result<void> make_directories(const std::string& path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (::mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) {
      return fail_os(errno, "cannot make " + parent + " in the new root");
    }
    if (slash == std::string::npos) return {};
  }
}

Result<void> copy_symlink(const std::string& from, const std::string& to) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(from.c_str(), target.data(), target.size() - 1);
  if (size < 0) return fail_os(errno, "cannot read the link " + from);
  if (::symlink(target.data(), to.c_str()) != 0)
    return fail_os(errno, "cannot make the link " + to);
  return {};
}

/// Shows one entry of the old root in the new one.
Result<void> take_over(const std::string& name) {
  const std::string from = std::string(kOldRoot) + "/" + name;
  const std::string to = "/" + name;
  struct stat status {};
  if (::lstat(from.c_str(), &status) != 0) {
    // It went meanwhile, or is a mount that nobody serves: either way there is nothing to show.
    return {};
  }
  if (S_ISLNK(status.st_mode)) return copy_symlink(from, to);
  if (S_ISDIR(status.st_mode)) {
    if (::mkdir(to.c_str(), 0755) != 0) return fail_os(errno, "cannot make " + to);
  } else {
    TRY(open_file(to, O_CREAT | O_WRONLY, 0644));
  }
  if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
    return fail_os(errno, "cannot show " + to + " in the new root");
  }
  return {};
}

Result<void> take_over_all() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(kOldRoot), ::closedir);
  if (!directory) return fail_os(errno, "cannot list the root directory");
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") TRY(take_over(std::string(name)));
  }
  if (errno != 0) return fail_os(errno, "cannot list the root directory");
  return {};
}

/// Puts an empty tmpfs over "/", with the old root at kOldRoot.
Result<void> switch_root() {
  // The tmpfs covers some directory for a moment only: pivot_root moves it away from there.
  constexpr const char* kPlace = "/proc";
  if (::mount("aloft-root", kPlace, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m") != 0) {
    return fail_os(errno, "cannot mount a tmpfs for a new root");
  }
  const std::string old_root = std::string(kPlace) + kOldRoot;
  if (::mkdir(old_root.c_str(), 0700) != 0) return fail_os(errno, "cannot make " + old_root);
  if (::syscall(SYS_pivot_root, kPlace, old_root.c_str()) != 0) {
    return fail_os(errno,
                   "cannot change the root (an administrator can make it needless: mkdir /aloft)");
  }
  if (::chdir("/") != 0) return fail_os(errno, "cannot enter the new root");
  return {};
}

/// Nothing may land in the tmpfs, where it would be lost at the end.
Result<void> seal() {
  if (::umount2(kOldRoot, MNT_DETACH) != 0) return fail_os(errno, "cannot leave the old root");
  if (::rmdir(kOldRoot) != 0) return fail_os(errno, std::string("cannot remove ") + kOldRoot);
  if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV,
              nullptr) != 0) {
    return fail_os(errno, "cannot make the new root read-only");
  }
  return {};
}

}  // namespace

Result<bool> provide_directories(std::span<const std::string> directories) {
  std::vector<std::string> absent;
  for (const std::string& directory : directories) {
    if (is_there(first_component(directory))) {
      TRY(require_directory(directory));
    } else {
      absent.push_back(directory);
    }
  }
  if (absent.empty()) return false;
  TRY(switch_root());
  TRY(take_over_all());
  for (const std::string& directory : absent) TRY(make_directories(directory));
  TRY(seal());
  return true;
}

}  // namespace aloft::enter
