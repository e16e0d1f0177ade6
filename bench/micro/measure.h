// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace bench {

/// User and system time of this process so far.
inline double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Makes the compiler believe that `value` is needed.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// "12.3 [11.9-14.0]": the median with the smallest and the largest value.
inline std::string spread(const std::vector<double>& values) {
  const auto [low, high] = std::ranges::minmax(values);
  char text[96];
  std::snprintf(text, sizeof text, "%.3g [%.3g-%.3g]", median(values), low, high);
  return text;
}

}  // namespace bench
