// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "posix/internal/interval_set.h"

namespace aloft::posix {

/// How a file is cut into parts, each staged as one block. Parts grow with the offset, so that the
/// 50,000 blocks of an object reach far: the first 8,000 have the smallest size, then it doubles
/// every 4,000 up to the largest.
class PartLayout {
 public:
  PartLayout(std::uint64_t size_bytes_min, std::uint64_t size_bytes_max)
      : smallest_(size_bytes_min), largest_(std::max(size_bytes_min, size_bytes_max)) {}

  Interval part_at(std::uint64_t offset) const {
    std::uint64_t begin = 0;
    std::uint64_t size = smallest_;
    for (std::uint64_t parts = kFirstParts; size * 2 <= largest_; parts = kNextParts) {
      if (offset < begin + parts * size) break;
      begin += parts * size;
      size *= 2;
    }
    const std::uint64_t part_begin = begin + (offset - begin) / size * size;
    return {part_begin, part_begin + size};
  }

  /// The largest file whose parts fit into an object, with room for the edges of rewritten ranges.
  std::uint64_t file_size_max() const {
    std::uint64_t begin = 0;
    std::uint64_t size = smallest_;
    std::uint64_t parts_left = kPartsMax;
    for (std::uint64_t parts = kFirstParts; size * 2 <= largest_ && parts_left > parts;
         parts = kNextParts) {
      begin += parts * size;
      size *= 2;
      parts_left -= parts;
    }
    return begin + parts_left * size;
  }

 private:
  static constexpr std::uint64_t kFirstParts = 8'000;
  static constexpr std::uint64_t kNextParts = 4'000;
  static constexpr std::uint64_t kPartsMax = 48'000;
  std::uint64_t smallest_;
  std::uint64_t largest_;
};

}  // namespace aloft::posix
