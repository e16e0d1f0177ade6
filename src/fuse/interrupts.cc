// SPDX-License-Identifier: Apache-2.0
#include "fuse/internal/interrupts.h"

#include <signal.h>

#include <charconv>
#include <chrono>
#include <string>
#include <vector>

#include "base/file.h"

namespace aloft::fuse {
namespace {

using namespace std::chrono_literals;

/// How soon a process dies after a deadly signal that followed a harmless one.
constexpr auto kLookAgain = 100ms;

/// The signal set in a line such as "SigPnd:\t0000000000000100"; empty where there is none.
std::uint64_t signal_set(std::string_view status, std::string_view name) {
  const std::size_t line = status.find(std::string(name) + ":\t");
  if (line == std::string_view::npos) return 0;
  const std::string_view digits = status.substr(line + name.size() + 2, 16);
  std::uint64_t set = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), set, 16);
  return set;
}

constexpr std::uint64_t bit(int signal) {
  return 1ull << (signal - 1);
}

/// Those that a process without a handler survives.
constexpr std::uint64_t kHarmless = bit(SIGCHLD) | bit(SIGCONT) | bit(SIGURG) | bit(SIGWINCH) |
                                    bit(SIGSTOP) | bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU);

}  // namespace

bool shows_death(std::string_view status) {
  const std::uint64_t pending = signal_set(status, "SigPnd") | signal_set(status, "ShdPnd");
  // The kernel turns most deadly signals into SIGKILL for each thread at once.
  if ((pending & bit(SIGKILL)) != 0) return true;
  const std::uint64_t survived = signal_set(status, "SigBlk") | signal_set(status, "SigIgn") |
                                 signal_set(status, "SigCgt") | kHarmless;
  return (pending & ~survived) != 0;
}

bool is_dying(pid_t thread) {
  if (thread <= 0) return true;
  const auto status = read_file("/proc/" + std::to_string(thread) + "/status", 64u << 10);
  return !status || shows_death(*status);
}

Interrupts::Interrupts() : watcher_([this](const std::stop_token& stop) { watch(stop); }) {}

std::uint64_t Interrupts::add(pid_t caller, std::stop_source stop) {
  if (is_dying(caller)) {
    stop.request_stop();
    return 0;
  }
  auto table = table_.lock();
  const std::uint64_t ticket = table->next_ticket++;
  table->waiting.emplace(ticket, Waiting{.caller = caller, .stop = std::move(stop)});
  added_.notify_one();
  return ticket;
}

void Interrupts::remove(std::uint64_t ticket) {
  if (ticket != 0) table_.lock()->waiting.erase(ticket);
}

void Interrupts::watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<Waiting> waiting;
    {
      auto table = table_.lock();
      added_.wait(table.mutex_lock(), stop, [&] { return !table->waiting.empty(); });
      for (const auto& [ticket, entry] : table->waiting) waiting.push_back(entry);
    }
    for (Waiting& entry : waiting) {
      if (is_dying(entry.caller)) entry.stop.request_stop();
    }
    auto table = table_.lock();
    added_.wait_for(table.mutex_lock(), stop, kLookAgain, [] { return false; });
  }
}

}  // namespace aloft::fuse
