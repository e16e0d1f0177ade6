// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/internal/command.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <sstream>

#include "base/clock.h"
#include "base/file.h"
#include "base/log/log.h"
#include "emulator/batch/node/internal/command_line.h"
#include "emulator/batch/node/internal/environment.h"

namespace aloft::emulator::batch {

namespace {

/// Within this time process ids are not used up, so what a command started has a higher id.
constexpr std::chrono::seconds kShort{1};

tl::unexpected<FailureInfo> not_launched(std::string_view subject, const Error& error) {
  return fail(make_failure(error.code == ErrorCode::no_space ? "DiskFull" : "CommandLaunchFailed",
                           subject, error.message));
}

Outcome<UniqueFd> open_stream(const TaskPlace& place, const std::string& name) {
  // Appending, so that a task that truncates the file continues at its front.
  auto fd = open_file(place.task + "/" + name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
  if (!fd) return not_launched(name, fd.error());
  return std::move(*fd);
}

Result<void> write_note(const std::string& path, const ProcessIdentity& identity) {
  const UniqueFd fd = TRY(open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  std::ostringstream text;
  text << identity.pid << ' ' << identity.start_ticks << ' ' << identity.boot_id << '\n';
  return write_all(fd.get(), text.str(), path);
}

/// Nothing for a note that was never finished: then nobody was running yet.
std::optional<ProcessIdentity> read_note(const std::string& path) {
  std::istringstream text(read_file(path).value_or(""));
  ProcessIdentity identity;
  if (!(text >> identity.pid >> identity.start_ticks >> identity.boot_id)) return std::nullopt;
  return identity;
}

}  // namespace

Outcome<std::unique_ptr<Command>> Command::start(
    const std::string& command_line, const std::map<std::string, std::string>& environment,
    const TaskPlace& place, const std::string& note, ProcessRunner& runner) {
  const auto words = split_command_line(command_line);
  if (!words) return not_launched("", words.error());
  const UniqueFd out = TRY(open_stream(place, "stdout.txt"));
  const UniqueFd err = TRY(open_stream(place, "stderr.txt"));
  auto process = runner.start({.command = *words,
                               .environment = to_list(environment),
                               .directory = place.working,
                               .stdout_fd = out.get(),
                               .stderr_fd = err.get(),
                               .group = ProcessOptions::Group::session,
                               .parent_death_signal = SIGKILL});
  if (!process) {
    if (process.error().os_errno != ENOENT) return not_launched(words->front(), process.error());
    return fail(make_failure("CommandProgramNotFound", words->front(), process.error().message));
  }
  std::unique_ptr<Command> command(new Command(
      std::move(*process), std::string(kTaskDirectoryVariable) + "=" + place.task, note));
  // It has one even if it has ended: nobody has waited for it.
  command->identity_ = process_identity(command->process_->pid()).value_or(ProcessIdentity{});
  if (const auto noted = write_note(note, command->identity_); !noted) {
    static_cast<void>(end_process(*command->process_, std::chrono::milliseconds(0)));
    command->end_the_rest();
    return not_launched("", noted.error());
  }
  return command;
}

Command::~Command() {
  ::unlink(note_.c_str());
}

Command::End Command::finish(const Limits& limits, std::chrono::milliseconds grace,
                             const std::stop_token& kill) {
  auto ended = process_->wait(limits);
  End end;
  if (!ended) {
    end.why = ended.error().code == ErrorCode::cancelled ? Why::stopped : Why::wall_time;
    const std::stop_callback at_once(
        kill, [this] { static_cast<void>(process_->signal_group(SIGKILL)); });
    ended = end_process(*process_, grace);
  } else {
    static_cast<void>(process_->signal_group(SIGKILL));
  }
  // Only a kernel that refuses to wait for its own child gets here without an end.
  end.exit_code = ended ? shell_code(*ended) : 128 + SIGKILL;
  end_the_rest();
  return end;
}

void Command::end_the_rest() const {
  const auto in_session = kill_session(identity_);
  if (!in_session) log(LogLevel::warning, "a task stays: {}", in_session.error().message);
  const bool was_short = system_clock().now() - started_ < kShort;
  const auto marked = kill_marked(mark_, was_short ? process_->pid() : 0);
  if (!marked) log(LogLevel::warning, "a task stays: {}", marked.error().message);
}

Result<void> end_leftovers(const std::string& notes_directory, const std::string& mark) {
  std::error_code error;
  std::filesystem::directory_iterator notes(notes_directory, error);
  if (error == std::errc::no_such_file_or_directory) error.clear();
  for (const auto& note : notes) {
    if (const auto leader = read_note(note.path())) {
      if (is_alive(*leader)) ::kill(leader->pid, SIGKILL);
      TRY(kill_session(*leader));
    }
    std::filesystem::remove(note.path(), error);
  }
  if (error) return fail_os(error.value(), "cannot read " + notes_directory);
  TRY(kill_marked(mark));
  return {};
}

}  // namespace aloft::emulator::batch
