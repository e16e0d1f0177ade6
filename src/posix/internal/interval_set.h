// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace aloft::posix {

/// Bytes [begin, end).
struct Interval {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t length() const { return end - begin; }
  bool operator==(const Interval&) const = default;
};

/// A set of byte offsets, kept as intervals that neither overlap nor touch.
class IntervalSet {
 public:
  void add(Interval interval);
  /// Removes all from `end` on.
  void cut(std::uint64_t end);

  bool empty() const { return end_of_.empty(); }
  std::size_t count() const { return end_of_.size(); }
  bool covers(Interval interval) const;
  /// From the first to the last offset, holes included; {0, 0} of an empty set.
  Interval hull() const;
  /// What of `within` is in the set, in order; gaps() is what is not.
  std::vector<Interval> parts(Interval within) const;
  std::vector<Interval> gaps(Interval within) const;

 private:
  std::map<std::uint64_t, std::uint64_t> end_of_;  // By begin.
};

}  // namespace aloft::posix
