// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/content.h"

#include <algorithm>
#include <array>

namespace aloft::emulator::blob {

std::vector<Slice> sub_slices(std::span<const Slice> slices, std::uint64_t offset,
                              std::uint64_t length_bytes) {
  std::vector<Slice> part;
  for (const Slice& slice : slices) {
    if (length_bytes == 0) break;
    if (offset >= slice.length_bytes) {
      offset -= slice.length_bytes;
      continue;
    }
    const std::uint64_t taken = std::min(length_bytes, slice.length_bytes - offset);
    part.push_back(
        {.content = slice.content, .offset = slice.offset + offset, .length_bytes = taken});
    length_bytes -= taken;
    offset = 0;
  }
  CHECK(length_bytes == 0);
  return part;
}

std::uint64_t total_length(std::span<const Slice> slices) {
  std::uint64_t sum = 0;
  for (const Slice& slice : slices) sum += slice.length_bytes;
  return sum;
}

Result<std::size_t> SliceReader::read(std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size() && next_ < slices_.size()) {
    const Slice& slice = slices_[next_];
    const auto taken = static_cast<std::size_t>(
        std::min<std::uint64_t>(buffer.size() - filled, slice.length_bytes - done_bytes_));
    const auto part = buffer.subspan(filled, taken);
    if (slice.content) {
      TRY(slice.content->read(slice.offset + done_bytes_, part));
    } else {
      std::ranges::fill(part, std::byte{0});
    }
    filled += taken;
    done_bytes_ += taken;
    if (done_bytes_ == slice.length_bytes) {
      ++next_;
      done_bytes_ = 0;
    }
  }
  return filled;
}

namespace {

constexpr std::array<std::byte, 256 << 10> kZeros{};
constexpr std::uint64_t kZeroSpansMax = 1024;

/// False where they are too many.
bool add_zeros(std::vector<std::span<const std::byte>>& spans, std::uint64_t length_bytes) {
  if (length_bytes > kZeroSpansMax * kZeros.size()) return false;
  while (length_bytes > 0) {
    const std::uint64_t taken = std::min<std::uint64_t>(length_bytes, kZeros.size());
    spans.push_back(std::span(kZeros).first(static_cast<std::size_t>(taken)));
    length_bytes -= taken;
  }
  return true;
}

}  // namespace

std::vector<std::span<const std::byte>> memory_spans(std::span<const Slice> slices) {
  std::vector<std::span<const std::byte>> spans;
  for (const Slice& slice : slices) {
    if (!slice.content) {
      if (!add_zeros(spans, slice.length_bytes)) return {};
      continue;
    }
    std::uint64_t skip = slice.offset;
    std::uint64_t left = slice.length_bytes;
    for (const auto& part : slice.content->memory()) {
      if (left == 0) break;
      if (skip >= part.size()) {
        skip -= part.size();
        continue;
      }
      const std::uint64_t taken = std::min<std::uint64_t>(left, part.size() - skip);
      spans.push_back(
          part.subspan(static_cast<std::size_t>(skip), static_cast<std::size_t>(taken)));
      left -= taken;
      skip = 0;
    }
    if (left > 0) return {};
  }
  return spans;
}

}  // namespace aloft::emulator::blob
