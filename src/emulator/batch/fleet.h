// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "emulator/batch/node/node.h"

namespace aloft::emulator::batch {

/// The machines behind the nodes of all pools. Calls return at once and have their effect in their
/// order, node by node; what came of them is told by FleetEvents. Safe from any thread.
class Fleet {
 public:
  virtual ~Fleet() = default;

  struct NodeName {
    std::string pool;
    std::string node;
    bool is_dedicated = true;
  };
  /// Makes the machine ready, anew where it is there; with `start_task`, it runs. Tells of the end,
  /// unless it fails: there is no such machine then, for want of a thread say.
  virtual Result<void> open(const NodeName& name, std::optional<Attempt> start_task) = 0;
  /// Attempts under way are killed and not told of any more. With `forget`, its directory goes.
  virtual void close(const std::string& node, bool forget) = 0;
  /// Runs an attempt once the ledger has come to `position`; `run` names it. Tells of its end.
  virtual void start(const std::string& node, std::uint64_t run, Attempt attempt,
                     std::uint64_t position) = 0;
  /// Ends an attempt early; its end is told as usual.
  virtual void stop(std::uint64_t run) = 0;
  virtual void remove_task(const std::string& node, std::string job, std::string task) = 0;
  virtual void remove_job(const std::string& job) = 0;  ///< From all nodes.

  /// The machine, to look at its files; null where it is not open.
  virtual std::shared_ptr<const Node> find(const std::string& node) const = 0;
};

/// Who is told by the fleet, on threads of the fleet. Calls of the fleet are allowed from there.
class FleetEvents {
 public:
  virtual ~FleetEvents() = default;
  /// With the reason why it cannot be used, if so, or the end of its start task, if it has one.
  virtual void on_opened(const std::string& node, const Result<void>& opened,
                         const std::optional<AttemptEnd>& start_task) = 0;
  virtual void on_ended(std::uint64_t run, AttemptEnd end) = 0;
};

}  // namespace aloft::emulator::batch
