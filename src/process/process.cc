// SPDX-License-Identifier: Apache-2.0
#include "process/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "base/pipe.h"

namespace aloft {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// What the child tells through the pipe when it cannot become the program.
struct StartFailure {
  enum Step : int { directory, streams, program };
  int step;
  int errno_value;
};

/// All that the child needs, made before fork: behind it only async-signal-safe calls are allowed.
struct ChildPlan {
  std::string program;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const ProcessOptions* options = nullptr;
  int stdin_fd = -1, stdout_fd = -1, stderr_fd = -1;
  pid_t parent = 0;
  int failure_fd = -1;
};

[[noreturn]] void give_up(const ChildPlan& plan, StartFailure::Step step) {
  const StartFailure failure{step, errno};
  // A pipe takes this small message whole; if the parent is gone nobody needs it.
  [[maybe_unused]] const ssize_t written = ::write(plan.failure_fd, &failure, sizeof failure);
  ::_exit(127);
}

void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become_program(const ChildPlan& plan) {
  const ProcessOptions& options = *plan.options;
  if (options.group == ProcessOptions::Group::session) ::setsid();
  if (options.group == ProcessOptions::Group::own) ::setpgid(0, 0);
  if (options.parent_death_signal != 0) {
    ::prctl(PR_SET_PDEATHSIG, options.parent_death_signal, 0, 0, 0);
    // The parent may have died before the line above took effect.
    if (::getppid() != plan.parent) ::_exit(127);
  }
  reset_signals();
  // The three may be any of 0 to 2 already, so they are moved out of the way first.
  const int in = ::fcntl(plan.stdin_fd, F_DUPFD, 3);
  const int out = ::fcntl(plan.stdout_fd, F_DUPFD, 3);
  const int err = ::fcntl(plan.stderr_fd, F_DUPFD, 3);
  if (in < 0 || out < 0 || err < 0 || ::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 ||
      ::dup2(err, 2) < 0) {
    give_up(plan, StartFailure::streams);
  }
  ::close(in);
  ::close(out);
  ::close(err);
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) {
    give_up(plan, StartFailure::directory);
  }
  ::execve(plan.program.c_str(), plan.arguments.data(), plan.environment.data());
  give_up(plan, StartFailure::program);
}

int pidfd_open(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

microseconds to_microseconds(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + microseconds(time.tv_usec);
}

class SystemProcess final : public Process {
 public:
  SystemProcess(pid_t pid, UniqueFd pid_fd, bool leads_group)
      : pid_(pid), pid_fd_(std::move(pid_fd)), leads_group_(leads_group) {}

  pid_t pid() const override { return pid_; }
  int end_fd() const override { return pid_fd_.get(); }

  Result<ProcessEnd> wait(const Limits& limits) override {
    while (!end_) {
      pollfd polled{.fd = pid_fd_.get(), .events = POLLIN, .revents = 0};
      const int ready = ::poll(&polled, 1, pause_of(limits));
      if (ready < 0 && errno != EINTR) return fail_os(errno, describe("cannot wait for"));
      if (ready > 0) {
        TRY(reap());
      } else {
        TRY(limits.check(system_clock(), describe("waiting for")));
      }
    }
    return *end_;
  }

  Result<void> signal(int number) override {
    const std::scoped_lock lock(mutex_);
    if (reaped_) return {};
    if (::kill(pid_, number) != 0 && errno != ESRCH) {
      return fail_os(errno, describe("cannot signal"));
    }
    return {};
  }

  Result<void> signal_group(int number) override {
    CHECK(leads_group_);
    if (::kill(-pid_, number) != 0 && errno != ESRCH) {
      return fail_os(errno, describe("cannot signal the group of"));
    }
    return {};
  }

 private:
  /// Short slices while a stop may be requested: a stop token cannot wake poll(2).
  static int pause_of(const Limits& limits) {
    milliseconds pause = limits.stop.stop_possible() ? milliseconds(20) : milliseconds(60'000);
    if (limits.deadline != Clock::time_point::max()) {
      const auto left = std::chrono::ceil<milliseconds>(limits.deadline - system_clock().now());
      pause = std::clamp(left, milliseconds(0), pause);
    }
    return static_cast<int>(pause.count());
  }

  Result<void> reap() {
    const std::scoped_lock lock(mutex_);
    int status = 0;
    rusage usage{};
    pid_t got = -1;
    do {
      got = ::wait4(pid_, &status, 0, &usage);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail_os(errno, describe("cannot wait for"));
    reaped_ = true;
    ProcessEnd end;
    if (WIFEXITED(status)) end.code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    end.peak_memory_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    end.user_time = to_microseconds(usage.ru_utime);
    end.system_time = to_microseconds(usage.ru_stime);
    end_ = end;
    return {};
  }

  std::string describe(std::string_view doing) const {
    return fmt::format("{} process {}", doing, pid_);
  }

  const pid_t pid_;
  const UniqueFd pid_fd_;
  const bool leads_group_;
  std::mutex mutex_;     // Between reaping and signalling: a reaped id may be somebody else's.
  bool reaped_ = false;  // Under mutex_.
  std::optional<ProcessEnd> end_;
};

std::string path_of(const std::vector<std::string>& environment) {
  for (const std::string& variable : environment) {
    if (variable.starts_with("PATH=")) return variable.substr(5);
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

std::vector<std::string> own_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

tl::unexpected<Error> start_failure(const StartFailure& failure, const ProcessOptions& options,
                                    const std::string& program) {
  switch (failure.step) {
    case StartFailure::directory:
      return fail_os(failure.errno_value, "cannot enter the directory " + options.directory);
    case StartFailure::streams:
      return fail_os(failure.errno_value, "cannot redirect the streams of " + program);
    default:
      return fail_os(failure.errno_value, "cannot execute " + program);
  }
}

class SystemProcessRunner final : public ProcessRunner {
 public:
  Result<std::unique_ptr<Process>> start(const ProcessOptions& options) override {
    CHECK(!options.command.empty());
    std::vector<std::string> arguments = options.command;
    std::vector<std::string> environment =
        options.environment ? *options.environment : own_environment();
    const UniqueFd null = TRY(open_file("/dev/null", O_RDWR));
    Pipe failure = TRY(make_pipe());
    const auto or_null = [&](int fd) { return fd < 0 ? null.get() : fd; };
    const std::string program = TRY(find_program(arguments.front(), path_of(environment)));
    const ChildPlan plan{.program = program,
                         .arguments = pointers_to(arguments),
                         .environment = pointers_to(environment),
                         .options = &options,
                         .stdin_fd = or_null(options.stdin_fd),
                         .stdout_fd = or_null(options.stdout_fd),
                         .stderr_fd = or_null(options.stderr_fd),
                         .parent = ::getpid(),
                         .failure_fd = failure.write_end.get()};
    // Signals stay blocked across fork, or a handler of ours could run in the child.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0) become_program(plan);
    const int fork_errno = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) return fail_os(fork_errno, "cannot start a process for " + plan.program);
    failure.write_end.reset();
    return watch(pid, failure.read_end.get(), options, plan.program);
  }

 private:
  static Result<std::unique_ptr<Process>> watch(pid_t pid, int failure_fd,
                                                const ProcessOptions& options,
                                                const std::string& program) {
    UniqueFd pid_fd(pidfd_open(pid));
    const int pidfd_errno = errno;
    StartFailure failure{};
    ssize_t got = -1;
    do {
      got = ::read(failure_fd, &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
    if (got == sizeof failure) {
      ::waitpid(pid, nullptr, 0);
      return start_failure(failure, options, program);
    }
    if (!pid_fd) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
      return fail_os(pidfd_errno, "cannot watch the process of " + program);
    }
    return std::make_unique<SystemProcess>(pid, std::move(pid_fd),
                                           options.group != ProcessOptions::Group::same);
  }
};

}  // namespace

ProcessRunner& system_process_runner() {
  static SystemProcessRunner runner;
  return runner;
}

Result<ProcessEnd> end_process(Process& process, milliseconds grace) {
  TRY(process.signal_group(SIGTERM));
  // A stopped process must run to handle SIGTERM.
  TRY(process.signal_group(SIGCONT));
  const auto ended = process.wait(Limits::within(grace));
  // Also when the leader went in time: its children may have chosen not to.
  TRY(process.signal_group(SIGKILL));
  if (ended) return *ended;
  if (ended.error().code != ErrorCode::deadline_exceeded) return fail(ended.error());
  return process.wait({});
}

int shell_code(const ProcessEnd& end) {
  return end.code ? *end.code : 128 + end.signal.value_or(0);
}

Result<std::string> find_program(const std::string& program, const std::string& path) {
  if (program.empty()) return fail_os(ENOENT, "cannot execute a program without name");
  if (program.find('/') != std::string::npos) return program;
  int found_errno = ENOENT;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string directory = path.substr(begin, end - begin);
    const std::string candidate = (directory.empty() ? "." : directory) + "/" + program;
    struct stat status {};
    if (::stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
      if (::access(candidate.c_str(), X_OK) == 0) return candidate;
      found_errno = EACCES;
    }
    begin = end + 1;
  }
  return fail_os(found_errno, "cannot find the program " + program + " in PATH (" + path + ")");
}

}  // namespace aloft
