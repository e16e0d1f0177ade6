// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <random>
#include <variant>

namespace aloft::emulator::faults {

struct UniformDelay {
  double min_ms = 0;
  double max_ms = 0;
  bool operator==(const UniformDelay&) const = default;
};
struct ExponentialDelay {
  double mean_ms = 0;
  bool operator==(const ExponentialDelay&) const = default;
};
/// As services answer: most at about the median, few much later.
struct LognormalDelay {
  double median_ms = 0;
  double sigma = 0;  ///< Of the logarithm; 1 puts one in forty behind seven medians.
  bool operator==(const LognormalDelay&) const = default;
};

/// A pause of one length, or a law by which chance gives it.
using Delay =
    std::variant<std::chrono::milliseconds, UniformDelay, ExponentialDelay, LognormalDelay>;

/// No pause is longer, whatever chance says.
inline constexpr std::chrono::hours kDelayMax{24};

/// One pause by that law; `engine` turns only where chance is asked.
std::chrono::nanoseconds draw(const Delay& delay, std::mt19937_64& engine);

}  // namespace aloft::emulator::faults
