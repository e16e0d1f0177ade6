// SPDX-License-Identifier: Apache-2.0
#include "enter/child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/pipe.h"

namespace aloft::enter {
namespace {

/// SIGCHLD with the handling that this process was started with, which the command gets back.
struct Inherited {
  sigset_t mask{};
  struct sigaction on_child_end {};
};

sigset_t handled_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH,
                           SIGTSTP, SIGCONT, SIGCHLD, SIGURG, SIGXCPU}) {
    ::sigaddset(&set, signal);
  }
  return set;
}

Inherited take_signals() {
  Inherited inherited;
  const sigset_t handled = handled_signals();
  ::sigprocmask(SIG_BLOCK, &handled, &inherited.mask);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;  // An inherited SIG_IGN would make waitpid() forget the child.
  ::sigaction(SIGCHLD, &standard, &inherited.on_child_end);
  return inherited;
}

/// Gives the signals back, so that Ctrl-C works again. Those that came together with the command's
/// end were meant for the command, and are dropped.
void return_signals(const Inherited& inherited) {
  const sigset_t handled = handled_signals();
  const timespec at_once{};
  while (::sigtimedwait(&handled, nullptr, &at_once) > 0) {
  }
  ::sigaction(SIGCHLD, &inherited.on_child_end, nullptr);
  ::sigprocmask(SIG_SETMASK, &inherited.mask, nullptr);
}

/// In the child: becomes the command, or tells the parent why not.
[[noreturn]] void become(const std::vector<std::string>& command, const Inherited& inherited,
                         int error_fd) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::sigaction(SIGCHLD, &inherited.on_child_end, nullptr);
  ::sigprocmask(SIG_SETMASK, &inherited.mask, nullptr);
  ::execvp(words[0], words.data());
  const int error = errno;
  if (::write(error_fd, &error, sizeof error) < 0) ::_exit(125);
  ::_exit(127);
}

/// errno of a failed exec; 0 once the command runs.
int exec_error(int fd) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(fd, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == sizeof error ? error : 0;
}

ChildEnd not_run(const std::string& name, int error) {
  const bool absent = error == ENOENT || error == ENOTDIR;
  // A name without slash was looked for in PATH, not here.
  if (absent && name.find('/') != std::string::npos && ::access(name.c_str(), F_OK) == 0) {
    return {.exit_code = 127,
            .message = "cannot run " + name + ": the interpreter that it names does not exist"};
  }
  return {.exit_code = absent ? 127 : 126,
          .message = absent ? "command not found: " + name
                            : "cannot run " + name + ": " + std::strerror(error)};
}

/// True once the child has ended; `status` is as of waitpid(2).
bool has_ended(pid_t child, int& status) {
  for (;;) {
    const pid_t done = ::waitpid(child, &status, WNOHANG | WUNTRACED);
    if (done <= 0) return false;
    if (!WIFSTOPPED(status)) return true;
    // The shell that watches this process must see the job stop; it resumes the whole group. Who
    // sends SIGSTOP to the command alone is no shell, and may resume the command alone, too.
    if (WSTOPSIG(status) != SIGSTOP) ::raise(SIGSTOP);
  }
}

/// The kernel sends the terminal's signals to the whole foreground group (si_code > 0), so the
/// command has them; SIGCONT is passed on always, as a group that runs already ignores it.
bool is_for_this_process(const siginfo_t& info, Signals signals) {
  if (signals == Signals::to_its_group) return false;
  return info.si_code <= 0 || info.si_signo == SIGCONT;
}

int wait_for(pid_t child, Signals signals) {
  const sigset_t handled = handled_signals();
  int status = 0;
  while (!has_ended(child, status)) {
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&handled, &info);
    if (signal < 0 || signal == SIGCHLD) continue;
    if (is_for_this_process(info, signals)) ::kill(child, signal);
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<ChildEnd> run_child(const std::vector<std::string>& command, Signals signals) {
  Pipe pipe = TRY(make_pipe());
  const Inherited inherited = take_signals();
  const pid_t child = ::fork();
  if (child < 0) {
    const int fork_error = errno;
    return_signals(inherited);
    return fail_os(fork_error, "cannot start a process for " + command[0]);
  }
  if (child == 0) become(command, inherited, pipe.write_end.get());
  pipe.write_end.reset();
  const int error = exec_error(pipe.read_end.get());
  const int exit_code = wait_for(child, signals);
  return_signals(inherited);
  if (error != 0) return not_run(command[0], error);
  return ChildEnd{.exit_code = exit_code};
}

}  // namespace aloft::enter
