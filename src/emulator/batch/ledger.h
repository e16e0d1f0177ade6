// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/result.h"

namespace aloft::emulator::batch {

/// What is kept of pools, jobs and tasks: rows of text, whose meaning is in rows.h.
struct PutPool {
  std::string id;
  std::string document;
};
struct DropPool {
  std::string id;
};
struct PutJob {
  std::uint64_t number;
  std::string document;
};
/// With all its tasks.
struct DropJob {
  std::uint64_t number;
};
struct PutTask {
  std::uint64_t job;
  std::uint32_t number;
  std::string id;
  std::string settings;
  std::string status;
};
/// Of a task that is kept already.
struct PutTaskStatus {
  std::uint64_t job;
  std::uint32_t number;
  std::string status;
};
struct DropTask {
  std::uint64_t job;
  std::uint32_t number;
};
using Change = std::variant<PutPool, DropPool, PutJob, DropJob, PutTask, PutTaskStatus, DropTask>;

/// Keeps what changes. The state changes first, and at once; its change is added in the same order
/// and becomes durable a little later, many at a time. Nobody outside is told of a state, and no
/// task is started upon it, before wait() says that it is kept: so what was told is never lost.
class Ledger {
 public:
  virtual ~Ledger() = default;
  /// Called with the state locked, so in the order of the state; does not wait.
  virtual void add(Change change) = 0;
  /// Where the ledger has come to: all that was added so far.
  virtual std::uint64_t position() const = 0;
  /// Waits until all up to `position` is kept. Fails, as a disk may, where this is not so after
  /// some time; the changes are not given up, and may be kept later.
  virtual Result<void> wait(std::uint64_t position) = 0;
};

/// For accounts that live in memory alone.
class NoLedger final : public Ledger {
 public:
  void add(Change) override {}
  std::uint64_t position() const override { return 0; }
  Result<void> wait(std::uint64_t) override { return {}; }
};

}  // namespace aloft::emulator::batch
