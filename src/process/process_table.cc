// SPDX-License-Identifier: Apache-2.0
#include "process/process_table.h"

#include <dirent.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/file.h"

namespace aloft {
namespace {

/// How long SIGKILL may take: only a process in an uninterruptible wait takes longer.
constexpr auto kKillTimeMax = std::chrono::seconds(10);

/// How long a process is waited for that is about to become another program, or to end.
constexpr auto kUnknownTimeMax = std::chrono::milliseconds(200);

std::string this_boot() {
  auto text = read_file("/proc/sys/kernel/random/boot_id");
  if (!text) return {};
  while (text->ends_with('\n')) text->pop_back();
  return *text;
}

bool has_ended(const ProcessEntry& entry) {
  return entry.state == 'Z' || entry.state == 'X';
}

/// Of all processes that exist now, in the order of /proc.
Result<std::vector<pid_t>> process_ids() {
  DIR* directory = ::opendir("/proc");
  if (directory == nullptr) return fail_os(errno, "cannot list /proc");
  std::vector<pid_t> ids;
  while (const dirent* found = ::readdir(directory)) {
    char* end = nullptr;
    const long pid = std::strtol(found->d_name, &end, 10);
    if (*end == '\0' && pid > 0) ids.push_back(static_cast<pid_t>(pid));
  }
  ::closedir(directory);
  return ids;
}

/// The id that was given out last in this system; 0 if that cannot be known.
pid_t last_process_id() {
  const auto text = read_file("/proc/loadavg");
  const std::size_t space = text ? text->rfind(' ') : std::string::npos;
  return space == std::string::npos ? 0 : std::atoi(text->c_str() + space);
}

/// NUL-separated; empty where there is none, or where it may not be read.
std::string environment_of(pid_t pid) {
  return read_file(fmt::format("/proc/{}/environ", pid)).value_or("");
}

bool has_arguments(pid_t pid) {
  return !read_file(fmt::format("/proc/{}/cmdline", pid)).value_or("").empty();
}

enum class Mark { absent, present, unknown };

/// Whether the process has `variable` in its environment. Unknown while it becomes another program
/// or ends: then it shows neither environment nor arguments for a moment.
Mark mark_of(pid_t pid, const std::string& variable) {
  constexpr pid_t kKernelThreads = 2;
  std::string environment = environment_of(pid);
  if (environment.empty() && has_arguments(pid)) {
    // Perhaps it has become the other program just now.
    environment = environment_of(pid);
    if (environment.empty()) return Mark::absent;
  }
  if (!environment.empty()) {
    const bool has = ('\0' + environment).find('\0' + variable + '\0') != std::string::npos;
    return has ? Mark::present : Mark::absent;
  }
  const auto entry = process_entry(pid);
  if (!entry || has_ended(*entry)) return Mark::absent;
  const bool is_kernel = pid == kKernelThreads || entry->parent == kKernelThreads;
  return is_kernel ? Mark::absent : Mark::unknown;
}

struct MarkedProcesses {
  std::vector<pid_t> found;
  bool may_be_more = false;
};

Result<MarkedProcesses> find_marked(const std::string& variable, pid_t first) {
  // Ids that started again from below since `first` say nothing about age.
  const pid_t oldest = last_process_id() >= first ? first : 0;
  MarkedProcesses marked;
  for (const pid_t pid : TRY(process_ids())) {
    if (pid < oldest || pid == ::getpid()) continue;
    const Mark mark = mark_of(pid, variable);
    if (mark == Mark::present) marked.found.push_back(pid);
    marked.may_be_more |= mark == Mark::unknown;
  }
  return marked;
}

/// Sends SIGKILL to all that `choose` names until it names none; returns the first count.
Result<int> kill_all(const std::function<Result<std::vector<pid_t>>()>& choose) {
  const auto deadline = system_clock().now() + kKillTimeMax;
  int first_count = -1;
  while (true) {
    const std::vector<pid_t> chosen = TRY(choose());
    if (first_count < 0) first_count = static_cast<int>(chosen.size());
    if (chosen.empty()) return first_count;
    if (system_clock().now() > deadline) {
      return fail(ErrorCode::deadline_exceeded,
                  fmt::format("process {} does not end though it was killed", chosen.front()));
    }
    for (const pid_t pid : chosen) {
      if (::kill(pid, SIGKILL) != 0 && errno != ESRCH) {
        return fail_os(errno, fmt::format("cannot kill process {}", pid));
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

Result<ProcessEntry> process_entry(pid_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/stat", pid));
  // A process that ends between open and read answers ESRCH.
  if (!text) return fail(ErrorCode::not_found, fmt::format("no process has the id {}", pid));
  // The name in parentheses may hold anything, so what follows is found from its last parenthesis.
  const std::size_t behind_name = text->rfind(')');
  const std::size_t before_name = text->find('(');
  if (behind_name == std::string::npos || behind_name + 2 >= text->size() ||
      before_name >= behind_name) {
    return fail(ErrorCode::corrupt, fmt::format("/proc/{}/stat makes no sense", pid));
  }
  ProcessEntry entry{.pid = pid,
                     .name = text->substr(before_name + 1, behind_name - before_name - 1)};
  int parent = 0, session = 0;
  unsigned long long start = 0;
  const int matched =
      std::sscanf(text->c_str() + behind_name + 2,
                  "%c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                  &entry.state, &parent, &session, &start);
  if (matched != 4) {
    return fail(ErrorCode::corrupt, fmt::format("/proc/{}/stat makes no sense", pid));
  }
  entry.parent = parent;
  entry.session = session;
  entry.start_ticks = start;
  return entry;
}

Result<ProcessIdentity> process_identity(pid_t pid) {
  const ProcessEntry entry = TRY(process_entry(pid));
  return ProcessIdentity{.pid = pid, .start_ticks = entry.start_ticks, .boot_id = this_boot()};
}

bool is_alive(const ProcessIdentity& identity) {
  if (identity.boot_id != this_boot()) return false;
  const auto entry = process_entry(identity.pid);
  return entry && entry->start_ticks == identity.start_ticks && !has_ended(*entry);
}

Result<std::vector<ProcessEntry>> process_entries() {
  std::vector<ProcessEntry> entries;
  for (const pid_t pid : TRY(process_ids())) {
    if (auto entry = process_entry(pid)) entries.push_back(*entry);
  }
  return entries;
}

Result<int> kill_session(const ProcessIdentity& leader) {
  if (leader.boot_id != this_boot()) return 0;
  return kill_all([&]() -> Result<std::vector<pid_t>> {
    std::vector<pid_t> members;
    for (const pid_t pid : TRY(process_ids())) {
      // The cheap question first: this runs after every task.
      if (pid != leader.pid && ::getsid(pid) != leader.pid) continue;
      const auto entry = process_entry(pid);
      if (!entry) continue;
      // A leader with another start time: the id was given anew, and so is the whole session.
      if (pid == leader.pid && entry->start_ticks != leader.start_ticks) {
        return std::vector<pid_t>{};
      }
      if (pid != leader.pid && !has_ended(*entry) && entry->start_ticks >= leader.start_ticks) {
        members.push_back(pid);
      }
    }
    return members;
  });
}

Result<int> kill_marked(const std::string& variable, pid_t first) {
  const auto look_again_until = system_clock().now() + kUnknownTimeMax;
  return kill_all([&]() -> Result<std::vector<pid_t>> {
    while (true) {
      MarkedProcesses marked = TRY(find_marked(variable, first));
      const bool is_sure = !marked.found.empty() || !marked.may_be_more;
      if (is_sure || system_clock().now() > look_again_until) return std::move(marked.found);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
}

Result<int> kill_descendants(const std::function<bool(pid_t)>& is_spared) {
  const auto killed = kill_all([&]() -> Result<std::vector<pid_t>> {
    const std::vector<ProcessEntry> entries = TRY(process_entries());
    std::set<pid_t> family{::getpid()};
    std::vector<pid_t> found;
    // Children may stand before their parents in the table: repeat until nothing is added.
    for (std::size_t before = 0; before != family.size();) {
      before = family.size();
      for (const ProcessEntry& entry : entries) {
        if (has_ended(entry) || !family.contains(entry.parent)) continue;
        if (is_spared && is_spared(entry.pid)) continue;
        if (family.insert(entry.pid).second) found.push_back(entry.pid);
      }
    }
    return found;
  });
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  return killed;
}

}  // namespace aloft
