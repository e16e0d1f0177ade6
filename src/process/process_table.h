// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace aloft {

/// Names one process for ever: ids are reused, an id with its start time and the boot is not.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  ///< Since boot, of the kernel's clock.
  std::string boot_id{};
  bool operator==(const ProcessIdentity&) const = default;
};

/// One line of the process table.
struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  std::uint64_t start_ticks = 0;
  char state = '?';    ///< As in proc(5); 'Z' has ended.
  std::string name{};  ///< Of its program, or what it calls itself; 15 bytes of it.
};

/// Fails with not_found if no process has this id.
Result<ProcessEntry> process_entry(pid_t pid);
Result<ProcessIdentity> process_identity(pid_t pid);

/// Whether that very process still exists and has not ended.
bool is_alive(const ProcessIdentity& identity);

/// All processes that exist now; those that come and go meanwhile may be missing.
Result<std::vector<ProcessEntry>> process_entries();

/// SIGKILL to every process of the session that `leader` led, in this boot, the leader excepted;
/// repeats until none is left. Returns how many it found at first. Processes that made a session of
/// their own are not reached.
Result<int> kill_session(const ProcessIdentity& leader);

/// SIGKILL to every process but this one that was started with `variable`, "NAME=VALUE", in its
/// environment, whatever its parent and session are by now; repeats until none is left. Returns how
/// many it found at first. Not reached: processes of other users (where this one is not root), and
/// those whose environment was emptied.
///
/// `first` is the earliest process that can have it, where that is known and lived for so short a
/// time that ids were not used up twice since: older processes are then not looked at.
Result<int> kill_marked(const std::string& variable, pid_t first = 0);

/// SIGKILL to all descendants of this process, which should be their subreaper
/// (PR_SET_CHILD_SUBREAPER), and reaps them; but not to those for which `is_spared` says so, nor to
/// what these started. Returns how many there were.
Result<int> kill_descendants(const std::function<bool(pid_t)>& is_spared = {});

}  // namespace aloft
