// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace aloft {

/// How long things took, by buckets that each reach a fifth further than the one before, up to
/// minutes. Not for many threads at once.
class TimeHistogram {
 public:
  void add(std::chrono::nanoseconds time);
  std::uint64_t count() const { return count_; }
  /// A time that so much of all, from 0 to 1, did not exceed, rounded up to the end of a bucket;
  /// zero where there is none.
  std::chrono::nanoseconds quantile(double part) const;
  /// Has what was so far count half.
  void fade();

 private:
  // Bucket i holds times up to 2^(i/4) microseconds.
  std::array<std::uint32_t, 112> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace aloft
