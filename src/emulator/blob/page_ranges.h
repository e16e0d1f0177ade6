// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "emulator/blob/range.h"
#include "emulator/blob/slice_map.h"

namespace aloft::emulator::blob {

struct PageRange {
  std::uint64_t offset = 0;
  std::uint64_t length_bytes = 0;
  bool is_cleared = false;  ///< Of a difference: it has become a gap.
  friend bool operator==(const PageRange&, const PageRange&) = default;
};

/// What is written of `range`, in order, each as long as can be.
std::vector<PageRange> written_ranges(const SliceMap& map, Range range);

/// Where the two differ: what was written since, even if with the same bytes, and what was cleared.
std::vector<PageRange> changed_ranges(const SliceMap& before, const SliceMap& now, Range range);

}  // namespace aloft::emulator::blob
