// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "base/result.h"

namespace aloft {

/// What to start and in which surroundings. File descriptors are borrowed until start() returns.
struct ProcessOptions {
  enum class Group {
    same,     ///< Stays in the caller's process group: a terminal's Ctrl-C reaches it.
    own,      ///< A process group of its own: signal_group() reaches what it starts.
    session,  ///< A session (and group) of its own, without terminal.
  };
  /// The program and its arguments. A program without "/" is searched in PATH of `environment`.
  std::vector<std::string> command;
  /// "NAME=VALUE" each; without a value, this process's own environment.
  std::optional<std::vector<std::string>> environment{};
  std::string directory{};  ///< Empty: this process's.
  int stdin_fd = -1;        ///< -1 on any of the three: /dev/null.
  int stdout_fd = -1;
  int stderr_fd = -1;
  Group group = Group::own;
  /// The kernel sends this to the program when the thread that started it ends; 0: nothing.
  int parent_death_signal = 0;
};

/// How a process ended and what it used, it and those of its descendants that were waited for.
struct ProcessEnd {
  std::optional<int> code{};            ///< Of exit(3); else `signal` is set.
  std::optional<int> signal{};          ///< That ended it.
  std::uint64_t peak_memory_bytes = 0;  ///< Largest resident set of one process.
  std::chrono::microseconds user_time{0};
  std::chrono::microseconds system_time{0};
};

/// One child process. It is not ended by the destructor: a child that nobody waited for goes on.
/// Calls from one thread at a time, but signal() and signal_group() from any.
class Process {
 public:
  virtual ~Process() = default;
  virtual pid_t pid() const = 0;
  /// A descriptor that polls readable when the process has ended; valid as long as this object.
  virtual int end_fd() const = 0;
  /// Waits until it ends. Fails with deadline_exceeded or cancelled at the limits; the process goes
  /// on then and may be waited for again. After success the same end is returned at once.
  virtual Result<ProcessEnd> wait(const Limits& limits) = 0;
  /// Does nothing to a process that was waited for.
  virtual Result<void> signal(int number) = 0;
  /// To the process group of a process started with Group::own or ::session, which may hold
  /// processes that outlived their leader. Success if nobody is left.
  virtual Result<void> signal_group(int number) = 0;
};

/// Starting processes as a seam, so that a test needs none.
class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  /// Returns once the program runs. Fails with the exact errno of chdir(2) or execve(2) (ENOENT: no
  /// such program or interpreter; EACCES: not executable) and then nothing was started.
  virtual Result<std::unique_ptr<Process>> start(const ProcessOptions& options) = 0;
};

/// The machine's own processes; lives as long as the program.
ProcessRunner& system_process_runner();

/// SIGTERM to the group, SIGKILL to what is left of it after `grace`; returns how the process
/// ended.
Result<ProcessEnd> end_process(Process& process, std::chrono::milliseconds grace);

/// The exit code that a shell gives for it: the code, or 128 + signal.
int shell_code(const ProcessEnd& end);

/// The file that `program` names: itself if it holds a "/", else the first executable one in the
/// directories of `path` (colon-separated). Fails with ENOENT, or EACCES if one was found that may
/// not be executed.
Result<std::string> find_program(const std::string& program, const std::string& path);

}  // namespace aloft
