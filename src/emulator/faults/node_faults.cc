// SPDX-License-Identifier: Apache-2.0
#include "emulator/faults/node_faults.h"

namespace aloft::emulator::faults {

std::optional<NodeFault> NodeFaults::choose(const std::string& pool, const std::string& job,
                                            const std::string& task) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const NodeRule& rule = rules_[i];
    if (!matches(rule.pool, pool) || !matches(rule.job, job) || !matches(rule.task, task)) continue;
    if (!triggers_[i].strikes()) continue;
    return NodeFault{.event = rule.event, .delay = rule.delay, .rule = i};
  }
  return std::nullopt;
}

}  // namespace aloft::emulator::faults
