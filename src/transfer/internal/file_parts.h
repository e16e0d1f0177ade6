// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "base/guarded.h"
#include "transfer/internal/session.h"
#include "transfer/work_pool.h"

namespace aloft::transfer {

/// A large file on its way, part by part on all threads of the session's pool: buffers, progress,
/// the first error, and who ends last. What comes from where is in the derived class.
class FileParts : public Parted {
 public:
  std::uint64_t part_count() const final { return part_count_; }
  void do_part(std::uint64_t index) final;

 protected:
  FileParts(Session& session, std::uint64_t size_bytes, std::uint64_t part_size_bytes);

  Session& session_;

 private:
  /// Whether there is nothing to do for the part.
  virtual bool is_there(std::uint64_t) const { return false; }
  /// Brings the part at `offset` over, `buffer.size()` bytes. On any thread, many at a time.
  virtual Result<void> copy_part(std::uint64_t index, std::uint64_t offset,
                                 std::span<std::byte> buffer) = 0;
  /// Makes the file visible, once all its parts are there.
  virtual Result<void> publish() = 0;
  /// The last call, on whatever thread; told what publish() returned, or the first error of a part.
  virtual void end(Result<void> result) = 0;

  Result<void> bring_over(std::uint64_t index);
  void end_all();

  const std::uint64_t size_bytes_;
  const std::uint64_t part_size_bytes_;
  const std::uint64_t part_count_;
  std::atomic<std::uint64_t> left_;
  std::atomic<std::uint64_t> done_bytes_ = 0;
  std::atomic<bool> failed_ = false;
  Guarded<std::optional<Error>> first_error_;
};

/// How many parts of a size make up a file.
inline std::uint64_t parts_in(std::uint64_t size_bytes, std::uint64_t part_size_bytes) {
  return (size_bytes + part_size_bytes - 1) / part_size_bytes;
}

}  // namespace aloft::transfer
