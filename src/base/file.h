// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace aloft {

/// Owns one file descriptor; closes it.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

/// open(2) with O_CLOEXEC; the error names `path`.
Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode = 0);

/// Writes all of `bytes`, over as many calls as it takes. `name` is for the error.
Result<void> write_all(int fd, std::span<const std::byte> bytes, std::string_view name);
Result<void> write_all(int fd, std::string_view text, std::string_view name);

/// Fills `buffer` from `offset` on, over as many calls as it takes; how many bytes, fewer only
/// where the file ends. `name` is for the error.
Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<std::byte> buffer,
                            std::string_view name);

/// The whole content of a file; fails with invalid_argument if it is larger than `size_bytes_max`.
Result<std::string> read_file(const std::string& path, std::size_t size_bytes_max = 64u << 20);

/// Replaces `path` by a file with this content and mode: readers, and a machine that stops at any
/// moment, see the old content or the new one. Synced to disk before it returns.
Result<void> replace_file(const std::string& path, std::string_view content, mode_t mode);

/// Brings the names in a directory to disk: what was made, renamed or removed there.
Result<void> sync_directory(const std::string& path);

}  // namespace aloft
