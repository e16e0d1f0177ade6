// SPDX-License-Identifier: Apache-2.0
#include "executor/supervisor/supervisor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "base/log/log.h"
#include "executor/supervisor/end_signals.h"
#include "executor/supervisor/patience.h"
#include "executor/supervisor/slurm_environment.h"
#include "executor/supervisor/task_output.h"

namespace aloft::executor {
namespace {

using std::chrono::milliseconds;

constexpr const char* kCancelled = "cancelled";

/// Brings blobs up to date every few seconds on a thread of its own, so that a slow service delays
/// neither the wall time nor a cancellation.
class Committer {
 public:
  Committer(TaskOutput& output, milliseconds interval) : output_(output), interval_(interval) {
    if (output.has_blobs()) thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }
  /// Ends the thread; a request under way is given up.
  void stop() {
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
  }

 private:
  void run(const std::stop_token& stop) {
    while (system_clock().sleep_until(system_clock().now() + interval_, stop)) {
      // A failure here is passing or will come again at the last commit, which reports it.
      if (auto committed = output_.commit(Limits::within(std::chrono::seconds(30), stop));
          !committed) {
        log(LogLevel::warning, "{}", committed.error().message);
      }
    }
  }
  TaskOutput& output_;
  const milliseconds interval_;
  std::jthread thread_;
};

/// The daemon that serves files belongs to the user, not to the task whose launcher happened to
/// start it: other tasks have their files through it. A process of the task may take any name, but
/// not run our program.
bool is_file_daemon(pid_t pid) {
  std::error_code absent;
  const auto program = std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), absent);
  if (absent || program != std::filesystem::read_symlink("/proc/self/exe", absent)) return false;
  const auto entry = process_entry(pid);
  return entry && entry->name == kFileDaemonName;
}

class Supervisor {
 public:
  Supervisor(const SupervisorOptions& options, const TaskDirectory& directory, TaskSpec spec,
             int signal_fd)
      : options_(options),
        directory_(directory),
        spec_(std::move(spec)),
        signal_fd_(signal_fd),
        node_(this_node()) {}

  ExitRecord run() {
    record_.node = node_.node;
    record_.started = std::chrono::system_clock::now();
    const auto open = [&](const Limits& limits) {
      return TaskOutput::open(spec_, directory_, node_, account_opener(), limits);
    };
    auto output = [&] {
      const EndSignalWatch told_to_end;
      return patiently(options_.storage_pause, told_to_end.token(), open);
    }();
    if (!output) {
      record_.exit_class = output.error().code == ErrorCode::cancelled ? ExitClass::cancelled
                                                                       : ExitClass::start_failed;
      record_.message = output.error().message;
    } else {
      run_command(*output);
    }
    record_.ended = std::chrono::system_clock::now();
    return record_;
  }

 private:
  AccountOpener account_opener() const {
    return options_.open_accounts([this](const char* name) -> const char* {
      const auto found = spec_.job.account_environment.find(name);
      return found == spec_.job.account_environment.end() ? nullptr : found->second.c_str();
    });
  }

  void run_command(TaskOutput& output) {
    auto process = options_.runner->start(process_options(output));
    if (!process) {
      start_failed(process.error(), output);
    } else {
      Committer committer(output, options_.commit_interval);
      watch(**process);
      committer.stop();
    }
    const auto committed = output.commit(Limits::within(options_.final_commit_max));
    if (!committed) {
      if (!record_.message.empty()) record_.message += "; ";
      record_.message +=
          fmt::format("{}; it is kept in {}", committed.error().message, directory_.path());
    }
  }

  ProcessOptions process_options(const TaskOutput& output) const {
    const workload::Job& job = spec_.job;
    ProcessOptions options{.command = {},
                           .stdin_fd = output.input_fd(),
                           .stdout_fd = output.output_fd(),
                           .stderr_fd = output.error_fd(),
                           .parent_death_signal = SIGKILL};
    auto variables = slurm_environment(spec_, node_);
    if (job.directory.starts_with("az://")) {
      // begin_end() signals the group, so the script has each signal without the launcher's help.
      options.command = {options_.launcher, "run",         "--group-signals",
                         "--chdir",         job.directory, "--"};
      // The launcher finds the accounts by these, whatever the script itself may see.
      for (const auto& [name, value] : job.account_environment) variables.try_emplace(name, value);
    } else {
      options.directory = job.directory;
    }
    options.command.push_back(spec_.script);
    options.command.insert(options.command.end(), job.arguments.begin(), job.arguments.end());
    options.environment.emplace();
    for (const auto& [name, value] : variables) {
      options.environment->push_back(name + "=" + value);
    }
    return options;
  }

  void start_failed(const Error& error, const TaskOutput& output) {
    record_.exit_class = ExitClass::start_failed;
    record_.code = error.os_errno == EACCES || error.os_errno == ENOEXEC ? 126 : 127;
    record_.message = error.message;
    if (error.os_errno == ENOENT && std::filesystem::exists(spec_.script)) {
      record_.message += "; does the interpreter on its first line exist?";
    }
    output.note(record_.message);
  }

  /// Waits for the end of the command, the wall time or a signal; the latter two begin its end.
  void watch(Process& process) {
    const auto& wall_time = spec_.job.resources.wall_time;
    std::optional<Clock::time_point> wall_end, kill_at;
    if (wall_time) wall_end = system_clock().now() + *wall_time;
    while (true) {
      const auto next = kill_at ? kill_at : wall_end;
      if (poll_once(process, next)) break;
      const auto now = system_clock().now();
      if (!asked_to_end_ && got_signal()) {
        begin_end(process, ExitClass::cancelled, kCancelled);
        kill_at = now + spec_.job.grace;
      } else if (!asked_to_end_ && wall_end && now >= *wall_end) {
        begin_end(process, ExitClass::timed_out,
                  fmt::format("ran longer than its wall time of {} s", wall_time->count()));
        kill_at = now + spec_.job.grace;
      } else if (kill_at && now >= *kill_at) {
        check(process.signal_group(SIGKILL));
        kill_at.reset();
        wall_end.reset();
      }
    }
    take_end(process);
  }

  /// True when the process has ended.
  bool poll_once(Process& process, std::optional<Clock::time_point> until) const {
    int pause = -1;
    if (until) {
      const auto left = std::chrono::ceil<milliseconds>(*until - system_clock().now());
      pause = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
    }
    pollfd polled[2] = {{.fd = process.end_fd(), .events = POLLIN, .revents = 0},
                        {.fd = signal_fd_, .events = POLLIN, .revents = 0}};
    const int ready = ::poll(polled, asked_to_end_ ? 1 : 2, pause);
    return ready > 0 && polled[0].revents != 0;
  }

  bool got_signal() const {
    signalfd_siginfo information{};
    return ::read(signal_fd_, &information, sizeof information) == sizeof information;
  }

  void begin_end(Process& process, ExitClass exit_class, std::string message) {
    asked_to_end_ = true;
    record_.exit_class = exit_class;
    record_.message = std::move(message);
    check(process.signal_group(SIGTERM));
    check(process.signal_group(SIGCONT));
  }

  void take_end(Process& process) {
    const auto end = process.wait({});
    if (!end) {
      record_.exit_class = ExitClass::lost;
      record_.message = end.error().message;
      return;
    }
    // What the script left in the background ends with it, as under Slurm.
    check(process.signal_group(SIGKILL));
    if (const auto killed = kill_descendants(is_file_daemon); !killed) {
      log(LogLevel::warning, "{}", killed.error().message);
    }
    record_.code = shell_code(*end);
    record_.signal = end->signal;
    record_.peak_memory_bytes = end->peak_memory_bytes;
    record_.user_time = end->user_time;
    record_.system_time = end->system_time;
    if (asked_to_end_) return;
    record_.exit_class = *record_.code == 0 ? ExitClass::succeeded : ExitClass::failed;
    if (record_.exit_class == ExitClass::failed && got_signal()) {
      // The signal of who told this group to end may have reached the command before it had a group
      // of its own.
      record_.exit_class = ExitClass::cancelled;
      record_.message = kCancelled;
      return;
    }
    if (end->signal) record_.message = fmt::format("ended by signal {}", *end->signal);
  }

  static void check(const Result<void>& result) {
    if (!result) log(LogLevel::warning, "{}", result.error().message);
  }

  const SupervisorOptions& options_;
  const TaskDirectory& directory_;
  const TaskSpec spec_;
  const int signal_fd_;
  const NodeInfo node_;
  ExitRecord record_;
  bool asked_to_end_ = false;
};

/// Tells the scheduler; if none listens, the record waits for the next one.
void wake(const std::string& fifo) {
  if (fifo.empty()) return;
  const auto opened = open_file(fifo, O_WRONLY | O_NONBLOCK);
  if (opened) static_cast<void>(write_all(opened->get(), std::string_view("."), fifo));
}

/// The exit record must not be lost to a disk that is full for a while.
Result<void> write_exit(const TaskDirectory& directory, const ExitRecord& record) {
  constexpr int kTriesMax = 120;
  for (int tries = 1;; ++tries) {
    auto written = directory.write_exit(record);
    if (written || written.error().code != ErrorCode::no_space || tries == kTriesMax)
      return written;
    system_clock().sleep_until(system_clock().now() + std::chrono::seconds(1), {});
  }
}

}  // namespace

Result<void> supervise(const SupervisorOptions& options) {
  const TaskDirectory directory(options.task_directory);
  const auto lock = TRY(directory.try_lock());
  if (!lock) return {};
  const auto ended = TRY(directory.exit());
  const auto begun = TRY(directory.start());
  if (ended || begun) return {};
  const UniqueFd signals = TRY(catch_end_signals());
  // Orphans of the task become children of this process, which ends them with the task.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    return fail_os(errno, "cannot become the reaper of a task's processes");
  }
  TaskSpec spec = TRY(directory.spec());
  const std::string fifo = spec.wake;
  const auto supervisor = TRY(process_identity(::getpid()));
  const StartRecord start{.supervisor = supervisor, .time = std::chrono::system_clock::now()};
  TRY(directory.write_start(start));
  const ExitRecord record = Supervisor(options, directory, std::move(spec), signals.get()).run();
  TRY(write_exit(directory, record));
  wake(fifo);
  return {};
}

}  // namespace aloft::executor
