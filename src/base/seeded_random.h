// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <random>

#include "base/guarded.h"
#include "base/random.h"

namespace aloft {

/// For tests: the same seed gives the same bytes.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::byte> bytes) override {
    auto engine = engine_.lock();
    for (std::byte& byte : bytes) byte = static_cast<std::byte>((*engine)() & 0xff);
  }

 private:
  Guarded<std::mt19937_64> engine_;
};

}  // namespace aloft
