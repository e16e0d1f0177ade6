// SPDX-License-Identifier: Apache-2.0
#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace aloft {

namespace {

Result<std::optional<UniqueFd>> take_lock(const std::string& path, int operation) {
  UniqueFd file = TRY(open_file(path, O_RDWR | O_CREAT, 0600));
  while (::flock(file.get(), operation) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno != EINTR) return fail_os(errno, "cannot lock " + path);
  }
  return std::optional(std::move(file));
}

}  // namespace

Result<UniqueFd> lock_file(const std::string& path) {
  auto lock = TRY(take_lock(path, LOCK_EX));
  CHECK(lock.has_value());
  return std::move(*lock);
}

Result<std::optional<UniqueFd>> try_lock_file(const std::string& path) {
  return take_lock(path, LOCK_EX | LOCK_NB);
}

}  // namespace aloft
