// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <random>
#include <vector>

#include "emulator/faults/plan.h"

namespace aloft::emulator::faults {

/// Decides for one rule which of the occasions that match it are struck; the same ones for the same
/// seed. For one thread at a time.
class Trigger {
 public:
  Trigger(const Frequency& frequency, std::uint64_t seed) : frequency_(frequency), engine_(seed) {}

  /// To be asked once for each occasion that matches.
  bool strikes();
  /// For what else chance decides about a strike.
  std::mt19937_64& engine() { return engine_; }
  /// The last strike came to nothing: another one may come for it.
  void take_back() { --struck_; }

 private:
  Frequency frequency_;
  std::mt19937_64 engine_;
  std::uint64_t matched_ = 0;
  std::uint64_t struck_ = 0;
};

/// One for each rule, each with chances of its own.
template <class Rule>
std::vector<Trigger> triggers_of(const std::vector<Rule>& rules, std::uint64_t seed) {
  std::vector<Trigger> triggers;
  for (const Rule& rule : rules) triggers.emplace_back(rule.frequency, seed + triggers.size());
  return triggers;
}

/// Whether a glob of ? * [ ] matches the whole text; * spans slashes, too.
bool matches(const std::string& glob, const std::string& text);

}  // namespace aloft::emulator::faults
