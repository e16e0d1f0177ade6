// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/page_ranges.h"

#include <algorithm>

namespace aloft::emulator::blob {

namespace {

/// Adds a range, or lengthens the last one where they touch and are of one kind.
void add(std::vector<PageRange>& ranges, PageRange range) {
  if (!ranges.empty()) {
    PageRange& last = ranges.back();
    if (last.offset + last.length_bytes == range.offset && last.is_cleared == range.is_cleared) {
      last.length_bytes += range.length_bytes;
      return;
    }
  }
  ranges.push_back(range);
}

/// Walks extents forward.
class Walk {
 public:
  Walk(const SliceMap& map, Range range) {
    map.visit(range.offset, range.length_bytes,
              [this](const SliceMap::Extent& extent) { extents_.push_back(extent); });
  }
  /// The extent at `offset`, which never goes back; null in a gap.
  const SliceMap::Extent* at(std::uint64_t offset) {
    while (next_ < extents_.size() && extents_[next_].end() <= offset) ++next_;
    if (next_ == extents_.size() || extents_[next_].offset > offset) return nullptr;
    return &extents_[next_];
  }
  /// Where what is at `offset` ends, extent or gap; after at().
  std::uint64_t end_at(std::uint64_t offset, std::uint64_t end) const {
    if (next_ == extents_.size()) return end;
    const SliceMap::Extent& extent = extents_[next_];
    return std::min(end, extent.offset > offset ? extent.offset : extent.end());
  }

 private:
  std::vector<SliceMap::Extent> extents_;
  std::size_t next_ = 0;
};

/// Whether both have the same bytes of the same content at `offset`, and so until one of them ends.
bool is_same(const SliceMap::Extent& one, const SliceMap::Extent& other, std::uint64_t offset) {
  return one.slice.content == other.slice.content &&
         one.slice.offset + (offset - one.offset) == other.slice.offset + (offset - other.offset);
}

}  // namespace

std::vector<PageRange> written_ranges(const SliceMap& map, Range range) {
  std::vector<PageRange> ranges;
  map.visit(range.offset, range.length_bytes, [&](const SliceMap::Extent& extent) {
    add(ranges, {.offset = extent.offset, .length_bytes = extent.slice.length_bytes});
  });
  return ranges;
}

std::vector<PageRange> changed_ranges(const SliceMap& before, const SliceMap& now, Range range) {
  std::vector<PageRange> ranges;
  Walk old_walk(before, range);
  Walk new_walk(now, range);
  const std::uint64_t end = range.offset + range.length_bytes;
  for (std::uint64_t offset = range.offset; offset < end;) {
    const SliceMap::Extent* was = old_walk.at(offset);
    const SliceMap::Extent* is = new_walk.at(offset);
    const std::uint64_t until =
        std::min(old_walk.end_at(offset, end), new_walk.end_at(offset, end));
    const bool differs =
        (was == nullptr) != (is == nullptr) || (is != nullptr && !is_same(*was, *is, offset));
    if (differs) {
      add(ranges, {.offset = offset, .length_bytes = until - offset, .is_cleared = is == nullptr});
    }
    offset = until;
  }
  return ranges;
}

}  // namespace aloft::emulator::blob
