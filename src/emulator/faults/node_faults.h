// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/faults/trigger.h"

namespace aloft::emulator::faults {

/// What is to befall a node.
struct NodeFault {
  NodeEvent event = NodeEvent::lose;
  std::chrono::milliseconds delay{0};  ///< After the start of the task.
  std::size_t rule = 0;
};

/// Decides which nodes are struck. For one thread at a time.
class NodeFaults {
 public:
  NodeFaults() = default;
  NodeFaults(std::vector<NodeRule> rules, std::uint64_t seed)
      : rules_(std::move(rules)), triggers_(triggers_of(rules_, seed)) {}

  /// To be asked when a task has started on a node of the pool.
  std::optional<NodeFault> choose(const std::string& pool, const std::string& job,
                                  const std::string& task);
  /// The fault did not come about, since the task ended before it was due.
  void take_back(const NodeFault& fault) { triggers_.at(fault.rule).take_back(); }

 private:
  std::vector<NodeRule> rules_;
  std::vector<Trigger> triggers_;
};

}  // namespace aloft::emulator::faults
