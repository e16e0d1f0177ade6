// SPDX-License-Identifier: Apache-2.0
#include "emulator/faults/delay.h"

#include <algorithm>
#include <cmath>

namespace aloft::emulator::faults {

namespace {

using FloatMs = std::chrono::duration<double, std::milli>;

struct Draw {
  std::mt19937_64& engine;

  FloatMs operator()(std::chrono::milliseconds fixed) const { return fixed; }
  FloatMs operator()(const UniformDelay& law) const {
    return FloatMs(std::uniform_real_distribution(law.min_ms, law.max_ms)(engine));
  }
  FloatMs operator()(const ExponentialDelay& law) const {
    return FloatMs(std::exponential_distribution(1 / law.mean_ms)(engine));
  }
  FloatMs operator()(const LognormalDelay& law) const {
    return FloatMs(std::lognormal_distribution(std::log(law.median_ms), law.sigma)(engine));
  }
};

}  // namespace

std::chrono::nanoseconds draw(const Delay& delay, std::mt19937_64& engine) {
  const FloatMs drawn = std::visit(Draw{engine}, delay);
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::min(drawn, FloatMs(kDelayMax)));
}

}  // namespace aloft::emulator::faults
