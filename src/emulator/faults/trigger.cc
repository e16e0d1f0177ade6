// SPDX-License-Identifier: Apache-2.0
#include "emulator/faults/trigger.h"

#include <fnmatch.h>

namespace aloft::emulator::faults {

bool Trigger::strikes() {
  if (++matched_ <= frequency_.after) return false;
  if (frequency_.count && struck_ >= *frequency_.count) return false;
  if (!std::bernoulli_distribution(frequency_.probability)(engine_)) return false;
  ++struck_;
  return true;
}

bool matches(const std::string& glob, const std::string& text) {
  return ::fnmatch(glob.c_str(), text.c_str(), FNM_NOESCAPE) == 0;
}

}  // namespace aloft::emulator::faults
