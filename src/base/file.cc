// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/random.h"

namespace aloft {

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

void UniqueFd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return fail_os(errno, "cannot open " + path);
  return UniqueFd(fd);
}

Result<void> write_all(int fd, std::span<const std::byte> bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return fail_os(errno, "cannot write " + std::string(name));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> write_all(int fd, std::string_view text, std::string_view name) {
  return write_all(fd, std::as_bytes(std::span(text)), name);
}

Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<std::byte> buffer,
                            std::string_view name) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const std::span<std::byte> rest = buffer.subspan(filled);
    const ssize_t got = ::pread(fd, rest.data(), rest.size(), static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_os(errno, "cannot read " + std::string(name));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

Result<std::string> read_file(const std::string& path, std::size_t size_bytes_max) {
  const UniqueFd file = TRY(open_file(path, O_RDONLY));
  std::string content;
  for (;;) {
    constexpr std::size_t kPart = 64u << 10;
    const std::size_t before = content.size();
    content.resize(before + kPart);
    const ssize_t got = ::read(file.get(), content.data() + before, kPart);
    if (got < 0 && errno != EINTR) return fail_os(errno, "cannot read " + path);
    content.resize(before + static_cast<std::size_t>(got < 0 ? 0 : got));
    if (got == 0) return content;
    if (content.size() > size_bytes_max) {
      return fail(ErrorCode::invalid_argument,
                  path + " is larger than " + std::to_string(size_bytes_max) + " bytes");
    }
  }
}

Result<void> replace_file(const std::string& path, std::string_view content, mode_t mode) {
  const std::string fresh = path + ".new-" + system_random().hex(6);
  const auto write_fresh = [&]() -> Result<void> {
    const UniqueFd file = TRY(open_file(fresh, O_WRONLY | O_CREAT | O_EXCL, mode));
    TRY(write_all(file.get(), content, fresh));
    if (::fchmod(file.get(), mode) != 0) return fail_os(errno, "cannot chmod " + fresh);
    if (::fsync(file.get()) != 0) return fail_os(errno, "cannot sync " + fresh);
    if (::rename(fresh.c_str(), path.c_str()) != 0) {
      return fail_os(errno, "cannot replace " + path);
    }
    return {};
  };
  auto written = write_fresh();
  if (!written) ::unlink(fresh.c_str());
  return written;
}

Result<void> sync_directory(const std::string& path) {
  const UniqueFd directory = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(directory.get()) != 0) return fail_os(errno, "cannot sync " + path);
  return {};
}

}  // namespace aloft
