// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>

namespace aloft {

/// Randomness as a seam, so that a test is a seed. Safe from any thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> bytes) = 0;

  /// Uniform in [0, bound); `bound` > 0.
  std::uint64_t below(std::uint64_t bound);
  /// `count` random bytes as lower-case hexadecimal digits.
  std::string hex(std::size_t count);
};

/// The kernel's generator (getrandom): fit for keys.
Random& system_random();

}  // namespace aloft
