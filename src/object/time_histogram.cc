// SPDX-License-Identifier: Apache-2.0
#include "object/time_histogram.h"

#include <algorithm>
#include <cmath>

namespace aloft {

namespace {

using std::chrono::duration;

constexpr double kBucketsPerDoubling = 4;

}  // namespace

void TimeHistogram::add(std::chrono::nanoseconds time) {
  const double micros = std::max(duration<double, std::micro>(time).count(), 1.0);
  const auto bucket = static_cast<std::size_t>(std::ceil(std::log2(micros) * kBucketsPerDoubling));
  ++buckets_[std::min(bucket, buckets_.size() - 1)];
  ++count_;
}

std::chrono::nanoseconds TimeHistogram::quantile(double part) const {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size() && count_ > 0; ++i) {
    seen += buckets_[i];
    if (static_cast<double>(seen) < part * static_cast<double>(count_)) continue;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        duration<double, std::micro>(std::exp2(static_cast<double>(i) / kBucketsPerDoubling)));
  }
  return {};
}

void TimeHistogram::fade() {
  count_ = 0;
  for (std::uint32_t& bucket : buckets_) {
    bucket /= 2;
    count_ += bucket;
  }
}

}  // namespace aloft
