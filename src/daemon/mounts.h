// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/guarded.h"
#include "base/result.h"
#include "daemon/internal/counted_threads.h"
#include "daemon/protocol.h"
#include "object/object_account.h"

namespace aloft::daemon {

/// Opens accounts as seen from an environment: the one of the process that asks for a mount.
using AccountsOf = std::function<AccountOpener(const EnvironmentLookup& environment)>;

/// The mounts that this daemon serves. Each has a FileSystem of its own, and so begins with empty
/// caches: it sees all that was committed before. Safe from any thread.
class Mounts {
 public:
  /// `changed` is called (from any thread, holding no lock) whenever a mount has ended.
  Mounts(AccountsOf accounts_of, std::function<void()> changed);
  /// close_all() comes first: this waits for the mounts to end.
  ~Mounts();
  Mounts(const Mounts&) = delete;
  Mounts& operator=(const Mounts&) = delete;

  /// Looks that the root exists and begins to serve `device`; returns the mount's id.
  Result<std::uint64_t> add(const MountRequest& request, UniqueFd device);

  /// Stores all that was written so far, or says what could not be stored. Also for mounts that
  /// have ended not long ago.
  Result<void> drain(std::uint64_t id);
  /// Why the storage refused requests of this mount, in words: each reason once, the first few.
  /// Empty for a mount that has ended.
  std::vector<std::string> problems(std::uint64_t id);
  Result<void> drain_all();

  /// Waits until the mount is gone and returns the result of its last drain. Fails with cancelled
  /// after close_all() has begun.
  Result<void> wait_ended(std::uint64_t id);

  std::vector<MountStatus> list();

  /// Drains all, at most for `time_max`, and ends their service: those that are still mounted fail
  /// with ENOTCONN from then on. Returns the first error.
  Result<void> close_all(std::chrono::seconds time_max);

 private:
  struct Mount;
  struct Table {
    std::uint64_t next_id = 1;
    bool closing = false;
    std::map<std::uint64_t, std::shared_ptr<Mount>> serving;
    /// How the last drains of ended mounts went; the newest few.
    std::map<std::uint64_t, Result<void>> ended;
  };

  void serve(const std::shared_ptr<Mount>& mount, UniqueFd device);
  std::shared_ptr<Mount> find(std::uint64_t id);
  Result<void> ended_result(std::uint64_t id);
  std::vector<std::shared_ptr<Mount>> all();

  AccountsOf accounts_of_;
  std::function<void()> changed_;
  Guarded<Table> table_;
  std::condition_variable table_changed_;
  CountedThreads threads_;  // Last: its end waits for threads that use the others.
};

}  // namespace aloft::daemon
