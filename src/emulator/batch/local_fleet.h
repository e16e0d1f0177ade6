// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "base/guarded.h"
#include "emulator/batch/fleet.h"
#include "emulator/batch/ledger.h"

namespace aloft::emulator::batch {

struct LocalFleetOptions {
  std::string directory{};  ///< Where each node has a directory of its own; made by the caller.
  /// What all nodes have in common; root, name, pool and is_dedicated are set for each.
  NodeOptions node{};
};

/// Machines that are directories here, and their tasks processes of this user.
class LocalFleet final : public Fleet {
 public:
  /// `ledger` outlives it.
  LocalFleet(LocalFleetOptions options, Ledger& ledger);
  /// Kills all tasks, and tells of nothing any more.
  ~LocalFleet() override;

  /// To be called before anything else; `events` stays there until shut_down().
  void tell(FleetEvents& events) { events_ = &events; }
  void shut_down();

  /// Ends what tasks of all nodes, forgotten ones included, left running when an earlier process
  /// was killed: no task that is tried again may run beside its earlier self. To be called before
  /// the first node is opened. Fails where a process cannot be ended.
  Result<void> end_leftovers() const;

  Result<void> open(const NodeName& name, std::optional<Attempt> start_task) override;
  void close(const std::string& node, bool forget) override;
  void start(const std::string& node, std::uint64_t run, Attempt attempt,
             std::uint64_t position) override;
  void stop(std::uint64_t run) override;
  void remove_task(const std::string& node, std::string job, std::string task) override;
  void remove_job(const std::string& job) override;
  std::shared_ptr<const Node> find(const std::string& node) const override;

 private:
  class Machine;
  struct Machines {
    std::map<std::string, std::shared_ptr<Machine>> open;
    /// Those on their way down; a machine of the same name waits for it.
    std::map<std::string, std::shared_ptr<Machine>> closing;
  };
  NodeOptions options_of(const NodeName& name) const;
  std::shared_ptr<Machine> machine(const std::string& node) const;

  const LocalFleetOptions options_;
  Ledger& ledger_;
  FleetEvents* events_ = nullptr;
  mutable Guarded<Machines> machines_;
};

}  // namespace aloft::emulator::batch
