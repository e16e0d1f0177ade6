// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/limits.h"
#include "emulator/batch/node/internal/failure.h"
#include "emulator/batch/node/internal/transfers.h"
#include "process/process.h"
#include "process/process_table.h"

namespace aloft::emulator::batch {

/// A command under way, in a session of its own; a note of who it is lies in a file, so that the
/// next emulator finds it should this one be killed. For the thread that started it.
class Command {
 public:
  /// Fails with CommandProgramNotFound or CommandLaunchFailed; DiskFull for stdout.txt, stderr.txt
  /// and the note.
  static Outcome<std::unique_ptr<Command>> start(
      const std::string& command_line, const std::map<std::string, std::string>& environment,
      const TaskPlace& place, const std::string& note, ProcessRunner& runner);
  /// Nothing of it may be running.
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  enum class Why { by_itself, wall_time, stopped };
  struct End {
    int exit_code = 0;  ///< 128 + signal where one ended it.
    Why why = Why::by_itself;
  };
  /// Waits; ends it with `grace` at the limits, at once when `kill` is requested. Then ends
  /// whatever else of the task is running.
  End finish(const Limits& limits, std::chrono::milliseconds grace, const std::stop_token& kill);

 private:
  Command(std::unique_ptr<Process> process, std::string mark, std::string note)
      : process_(std::move(process)), mark_(std::move(mark)), note_(std::move(note)) {}
  void end_the_rest() const;

  std::unique_ptr<Process> process_;
  const std::string mark_;  ///< In the environment of all processes of the task.
  const std::string note_;
  const Clock::time_point started_ = system_clock().now();
  ProcessIdentity identity_;
};

/// Ends what an earlier emulator's commands left running: those noted in `notes_directory`, if it
/// is there, and all that carry `mark`; forgets the notes.
Result<void> end_leftovers(const std::string& notes_directory, const std::string& mark);

}  // namespace aloft::emulator::batch
