// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "workload/job.h"

namespace aloft::executor {

/// What there is to give to tasks, or what they take.
struct Capacity {
  std::uint32_t cpus = 0;
  std::uint64_t memory_bytes = 0;
  std::uint32_t gpus = 0;
};

/// Of this machine, as far as this process may use it: affinity, control group, NVIDIA devices.
Capacity machine_capacity();

/// What one task of the job takes of `whole`: all processors of an exclusive one.
Capacity needed_by(const workload::Resources& resources, const Capacity& whole);

/// Books what running tasks take.
class Slots {
 public:
  explicit Slots(Capacity whole) : whole_(whole), left_(whole) {}
  const Capacity& whole() const { return whole_; }
  bool fits(const Capacity& need) const {
    return need.cpus <= left_.cpus && need.memory_bytes <= left_.memory_bytes &&
           need.gpus <= left_.gpus;
  }
  /// Whether or not it fits: a task that runs already is counted all the same.
  void take(const Capacity& need);
  void give_back(const Capacity& need);

 private:
  void book();
  const Capacity whole_;
  Capacity left_;
  // Wider than what is left: adopted tasks may take more than the machine has now.
  std::uint64_t cpus_taken_ = 0, memory_taken_ = 0, gpus_taken_ = 0;
};

}  // namespace aloft::executor
