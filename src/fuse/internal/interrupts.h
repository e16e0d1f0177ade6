// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string_view>
#include <thread>

#include "base/guarded.h"

namespace aloft::fuse {

/// True if /proc/TID/status, as given, shows a pending signal that will end the process.
bool shows_death(std::string_view status);

/// True if the thread has a deadly signal pending, or cannot be seen (it is in another pid
/// namespace): then killing it must be possible.
bool is_dying(pid_t thread);

/// The requests whose callers got a signal while they wait. The kernel tells of the first signal
/// only, which may be a harmless one; so those requests are looked at again until they end, and
/// stopped once the caller is dying. Safe from any thread.
class Interrupts {
 public:
  Interrupts();

  /// Stops at once if `caller` is dying, else when it will be. Returns a ticket for remove().
  std::uint64_t add(pid_t caller, std::stop_source stop);
  void remove(std::uint64_t ticket);

 private:
  struct Waiting {
    pid_t caller;
    std::stop_source stop;
  };
  void watch(const std::stop_token& stop);

  std::condition_variable_any added_;
  struct Table {
    std::uint64_t next_ticket = 1;
    std::map<std::uint64_t, Waiting> waiting;
  };
  Guarded<Table> table_;
  std::jthread watcher_;
};

}  // namespace aloft::fuse
