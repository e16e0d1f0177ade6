// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "emulator/batch/fleet.h"
#include "emulator/batch/job.h"
#include "emulator/batch/ledger.h"
#include "emulator/batch/pool.h"
#include "emulator/batch/pool_identity.h"
#include "emulator/faults/node_faults.h"

namespace aloft::emulator::batch {

/// An attempt under way.
struct Run {
  std::uint64_t job = 0;
  std::uint32_t task = 0;
  std::string pool{};
  std::string node{};
};

struct StateOptions {
  /// How long the allocation of nodes takes.
  std::chrono::milliseconds resize_time{200};
  /// Of all pools: each node is a thread of this process, and so is each task that it runs.
  std::int64_t nodes_max = 256;
  PoolIdentity identity{};
  /// Asked what befalls nodes; outlives the state. Null: nothing.
  faults::NodeFaults* node_faults = nullptr;
};

/// All pools, jobs and tasks of the account, and what is done with them is noted in the ledger.
/// Plain bookkeeping: what operations mean is in pool_life.h, job_life.h, task_life.h and
/// scheduling.h, whose functions get it locked; see account.h. Ledger and fleet outlive it.
class State {
 public:
  State(Clock& clock, Ledger& ledger, Fleet& fleet, StateOptions options);

  /// Later than any time before, so that two changes never have the same.
  Instant now();
  const StateOptions& options() const { return options_; }
  Ledger& ledger() { return ledger_; }
  Fleet& fleet() { return fleet_; }

  // By id in lower case, so in a definite order.
  using Pools = std::map<std::string, std::unique_ptr<Pool>, std::less<>>;
  using Jobs = std::map<std::string, std::unique_ptr<Job>, std::less<>>;
  const Pools& pools() const { return pools_; }
  const Jobs& jobs() const { return jobs_; }
  Pool* find_pool(std::string_view id) const;
  Job* find_job(std::string_view id) const;
  Job* find_job(std::uint64_t number) const;

  /// The id is new; noted by save().
  Pool& add(std::unique_ptr<Pool> pool);
  /// As above; a number of 0 is replaced by the next one.
  Job& add(std::unique_ptr<Job> job);
  void drop(Pool& pool);
  void drop(Job& job);

  void save(const Pool& pool);
  void save(const Job& job);
  void save_new(const Job& job, const Task& task);
  void save(const Job& job, const Task& task);
  void drop_task(Job& job, Task& task);

  std::uint64_t add_run(Run run);
  /// Null where the attempt is not under way any more.
  Run* find_run(std::uint64_t run);
  void drop_run(std::uint64_t run) { runs_.erase(run); }

 private:
  Clock& clock_;
  Ledger& ledger_;
  Fleet& fleet_;
  const StateOptions options_;
  Instant last_now_{};
  Pools pools_;
  Jobs jobs_;
  std::unordered_map<std::uint64_t, Job*> jobs_by_number_;
  std::uint64_t last_job_ = 0;
  std::unordered_map<std::uint64_t, Run> runs_;
  std::uint64_t last_run_ = 0;
};

}  // namespace aloft::emulator::batch
