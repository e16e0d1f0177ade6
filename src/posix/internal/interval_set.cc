// SPDX-License-Identifier: Apache-2.0
#include "posix/internal/interval_set.h"

#include <algorithm>
#include <iterator>

namespace aloft::posix {

void IntervalSet::add(Interval interval) {
  if (interval.begin >= interval.end) return;
  auto at = end_of_.upper_bound(interval.begin);
  if (at != end_of_.begin() && std::prev(at)->second >= interval.begin) --at;
  while (at != end_of_.end() && at->first <= interval.end) {
    interval.begin = std::min(interval.begin, at->first);
    interval.end = std::max(interval.end, at->second);
    at = end_of_.erase(at);
  }
  end_of_.emplace(interval.begin, interval.end);
}

void IntervalSet::cut(std::uint64_t end) {
  end_of_.erase(end_of_.lower_bound(end), end_of_.end());
  if (end_of_.empty()) return;
  auto last = std::prev(end_of_.end());
  last->second = std::min(last->second, end);
}

bool IntervalSet::covers(Interval interval) const {
  return gaps(interval).empty();
}

Interval IntervalSet::hull() const {
  if (end_of_.empty()) return {};
  return {end_of_.begin()->first, std::prev(end_of_.end())->second};
}

std::vector<Interval> IntervalSet::parts(Interval within) const {
  std::vector<Interval> found;
  auto at = end_of_.upper_bound(within.begin);
  if (at != end_of_.begin()) --at;
  for (; at != end_of_.end() && at->first < within.end; ++at) {
    const Interval part{std::max(at->first, within.begin), std::min(at->second, within.end)};
    if (part.begin < part.end) found.push_back(part);
  }
  return found;
}

std::vector<Interval> IntervalSet::gaps(Interval within) const {
  std::vector<Interval> found;
  std::uint64_t from = within.begin;
  for (const Interval& part : parts(within)) {
    if (from < part.begin) found.push_back({from, part.begin});
    from = part.end;
  }
  if (from < within.end) found.push_back({from, within.end});
  return found;
}

}  // namespace aloft::posix
