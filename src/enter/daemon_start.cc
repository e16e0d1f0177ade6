// SPDX-License-Identifier: Apache-2.0
#include "enter/daemon_start.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/file_lock.h"
#include "base/local_socket.h"
#include "base/pipe.h"

extern char** environ;

namespace aloft::enter {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartTimeMax = 20s;
constexpr off_t kLogBytesMax = 8 << 20;

/// A log that has grown large makes way for a new one; the one before that goes.
void make_room_for_log(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && status.st_size > kLogBytesMax) {
    ::rename(path.c_str(), (path + ".old").c_str());
  }
}

/// In the child: a session of its own, no terminal, no descriptor of the caller but `ready_fd`, no
/// credential of the caller (each mount request brings its own).
[[noreturn]] void become_daemon(const MainProgram& main_program, int log_fd, int ready_fd) {
  ::setsid();
  if (::chdir("/") != 0) ::_exit(125);
  const int null_fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  constexpr int kReadyFd = 3;
  if (null_fd < 0 || ::dup2(null_fd, STDIN_FILENO) < 0 || ::dup2(log_fd, STDOUT_FILENO) < 0 ||
      ::dup2(log_fd, STDERR_FILENO) < 0) {
    ::_exit(125);
  }
  if (ready_fd == kReadyFd) {
    ::fcntl(ready_fd, F_SETFD, 0);
  } else if (::dup2(ready_fd, kReadyFd) < 0) {
    ::_exit(125);
  }
  ::close_range(kReadyFd + 1, ~0u, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::vector<char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::strncmp(*variable, "AZURE_", 6) != 0) environment.push_back(*variable);
  }
  environment.push_back(nullptr);
  MainProgram command = main_program;
  for (const char* word : {"daemon", "--ready-fd", "3"}) command.emplace_back(word);
  ::execve(command.front().c_str(), exec_words(command).data(), environment.data());
  const std::string problem = "cannot run " + command.front() + ": " + std::strerror(errno);
  if (::write(kReadyFd, problem.data(), problem.size()) < 0) ::_exit(125);
  ::_exit(127);
}

/// What the daemon says before it closes the pipe: "ready", or why it ended.
Result<std::string> read_verdict(int fd, Clock::time_point deadline) {
  std::string verdict;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(std::max<long>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return fail(ErrorCode::deadline_exceeded, "it does not answer");
    std::array<char, 512> part{};
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return verdict;
    verdict.append(part.data(), static_cast<std::size_t>(got));
  }
}

Result<void> start_daemon(const DaemonPlaces& places, const MainProgram& main_program) {
  make_room_for_log(places.log);
  const UniqueFd log = TRY(open_file(places.log, O_WRONLY | O_CREAT | O_APPEND, 0600));
  Pipe pipe = TRY(make_pipe());
  const pid_t child = ::fork();
  if (child < 0) return fail_os(errno, "cannot start the daemon");
  if (child == 0) {
    // A second fork, so that the daemon is nobody's child: its end is reaped by init.
    const pid_t grandchild = ::fork();
    if (grandchild == 0) become_daemon(main_program, log.get(), pipe.write_end.get());
    ::_exit(grandchild < 0 ? 1 : 0);
  }
  pipe.write_end.reset();
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  const auto verdict =
      read_verdict(pipe.read_end.get(), std::chrono::steady_clock::now() + kStartTimeMax);
  if (verdict && *verdict == "ready") return {};
  return fail(ErrorCode::unavailable,
              "the daemon does not start: " + (!verdict ? verdict.error().message +
                                                              "; 'aloft doctor' checks for one "
                                                              "that hangs and holds " +
                                                              places.lock
                                               : verdict->empty() ? "see " + places.log
                                                                  : *verdict));
}

bool nobody_listens(const Error& error) {
  return error.os_errno == ENOENT || error.os_errno == ECONNREFUSED;
}

}  // namespace

DaemonPlaces daemon_places(const EnvironmentLookup& environment) {
  const std::string runtime = runtime_directory(environment);
  return {.runtime_directory = runtime,
          .socket = runtime + "/daemon.sock",
          .lock = runtime + "/daemon.lock",
          .start_lock = runtime + "/daemon.start",
          .log = local_directory(environment) + "/daemon.log"};
}

Result<UniqueFd> connect_to_daemon(const DaemonPlaces& places, const MainProgram& main_program) {
  auto connection = connect_local(places.socket);
  if (connection || !nobody_listens(connection.error())) return connection;
  TRY(make_private_directory(places.runtime_directory));
  TRY(make_private_directory(places.log.substr(0, places.log.rfind('/'))));
  const UniqueFd starting = TRY(lock_file(places.start_lock));
  connection = connect_local(places.socket);  // Another may have started it meanwhile.
  if (connection || !nobody_listens(connection.error())) return connection;
  TRY(start_daemon(places, main_program));
  return connect_local(places.socket);
}

std::vector<char*> exec_words(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

Result<MainProgram> find_main_program() {
  std::array<char, PATH_MAX> own{};
  const ssize_t size = ::readlink("/proc/self/exe", own.data(), own.size() - 1);
  if (size < 0) return fail_os(errno, "cannot find this program's own place (/proc/self/exe)");
  const std::string directory =
      std::string(own.data()).substr(0, std::string(own.data()).rfind('/'));
  for (const std::string& place : {directory, directory + "/../libexec/aloft"}) {
    const std::string program = place + "/aloft-main";
    if (::access(program.c_str(), X_OK) != 0) continue;
    const std::string loader = place + "/ld.so";
    if (::access(loader.c_str(), X_OK) != 0) return MainProgram{program};
    return MainProgram{loader, "--library-path", place, "--argv0", "aloft", program};
  }
  return fail(ErrorCode::not_found, "aloft-main is neither in " + directory + " nor in " +
                                        directory + "/../libexec/aloft: install Aloft again");
}

}  // namespace aloft::enter
