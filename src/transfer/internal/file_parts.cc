// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/file_parts.h"

#include <algorithm>

namespace aloft::transfer {

FileParts::FileParts(Session& session, std::uint64_t size_bytes, std::uint64_t part_size_bytes)
    : session_(session),
      size_bytes_(size_bytes),
      part_size_bytes_(part_size_bytes),
      part_count_(parts_in(size_bytes, part_size_bytes)),
      left_(part_count_) {}

void FileParts::do_part(std::uint64_t index) {
  if (!failed_.load(std::memory_order_relaxed)) {
    auto copied = bring_over(index);
    if (!copied) {
      auto first = first_error_.lock();
      if (!*first) *first = std::move(copied).error();
      failed_ = true;
    }
  }
  // The last part to end sees what all others did.
  if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) end_all();
}

Result<void> FileParts::bring_over(std::uint64_t index) {
  const std::uint64_t offset = index * part_size_bytes_;
  const std::uint64_t size = std::min(part_size_bytes_, size_bytes_ - offset);
  if (!is_there(index)) {
    const auto buffer = TRY(session_.memory.acquire(size, session_.limits.stop));
    TRY(copy_part(index, offset, buffer.bytes()));
  }
  done_bytes_ += size;
  session_.progress.bytes_done += size;
  return {};
}

void FileParts::end_all() {
  std::optional<Error> failure = *first_error_.lock();
  Result<void> result = failure ? fail(std::move(*failure)) : publish();
  if (!result) session_.progress.bytes_done -= done_bytes_;
  end(std::move(result));
}

}  // namespace aloft::transfer
