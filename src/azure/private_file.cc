// SPDX-License-Identifier: Apache-2.0
#include "azure/private_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace aloft::azure {

Result<std::optional<std::string>> read_private_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return fail_os(errno, "cannot open " + path);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_os(errno, "cannot look at " + path);
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return fail(ErrorCode::permission_denied,
                fmt::format("{} belongs to another user and is not trusted", path));
  }
  if ((status.st_mode & 077) != 0) {
    return fail(
        ErrorCode::permission_denied,
        fmt::format("{} holds keys and is open to others; close it: chmod 600 {}", path, path));
  }
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_os(errno, "cannot read " + path);
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace aloft::azure
