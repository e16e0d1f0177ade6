// SPDX-License-Identifier: Apache-2.0
#include "executor/local/home.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/clock.h"
#include "base/directories.h"
#include "base/file_lock.h"
#include "base/pipe.h"

namespace aloft::executor {
namespace {

constexpr auto kStartTimeMax = std::chrono::seconds(20);

/// What a scheduler needs of its surroundings. It finds nothing else there: tasks bring their own
/// environment, and so do the accounts that they use.
std::vector<std::string> scheduler_environment() {
  std::vector<std::string> variables{"PATH=/usr/local/bin:/usr/bin:/bin"};
  // Not needed, but it shows in the process table whose scheduler this is.
  if (const char* directory = ::getenv("ALOFT_LOCAL_DIR")) {
    variables.push_back(fmt::format("ALOFT_LOCAL_DIR={}", directory));
  }
  return variables;
}

/// Waits until the other end says that it is ready (a byte) or is gone (the end of the file).
Result<bool> await_ready(int fd) {
  const auto deadline = system_clock().now() + kStartTimeMax;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - system_clock().now());
    pollfd polled{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return fail_os(errno, "cannot wait for the scheduler");
    if (ready == 0) return false;
    char byte = 0;
    const ssize_t got = ::read(fd, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    return got == 1;
  }
}

}  // namespace

Result<JobHome> JobHome::open(const std::string& path) {
  TRY(make_private_directory(path));
  for (const char* part : {"/scripts", "/tasks"}) {
    if (::mkdir((path + part).c_str(), 0700) != 0 && errno != EEXIST) {
      return fail_os(errno, "cannot make the directory " + path + part);
    }
  }
  JobHome home(path);
  if (::mkfifo(home.wake_fifo().c_str(), 0600) != 0 && errno != EEXIST) {
    return fail_os(errno, "cannot make " + home.wake_fifo());
  }
  return home;
}

TaskDirectory JobHome::task_directory(std::uint64_t number, std::uint32_t attempt) const {
  return TaskDirectory(fmt::format("{}/tasks/{}.{}", path_, number, attempt));
}

std::string JobHome::script_file(workload::JobId id) const {
  return fmt::format("{}/scripts/{}/slurm_script", path_, id);
}

Result<JobStore> JobHome::open_store(sqlite::Sync sync) const {
  return JobStore::open(file("jobs.db"), sync);
}

Result<std::optional<UniqueFd>> JobHome::try_lock_scheduler() const {
  return try_lock_file(file("scheduler.lock"));
}

bool JobHome::still_there(const UniqueFd& lock) const {
  struct stat held {
  }, named{};
  return ::fstat(lock.get(), &held) == 0 && ::stat(file("scheduler.lock").c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

bool JobHome::wake() const {
  const auto fifo = open_file(wake_fifo(), O_WRONLY | O_NONBLOCK);
  if (!fifo) return false;
  // A full FIFO has woken it already.
  return ::write(fifo->get(), ".", 1) == 1 || errno == EAGAIN;
}

Result<void> JobHome::wake_or_start_scheduler(const std::vector<std::string>& command) const {
  {
    // Held only for this look; a scheduler that starts in this moment ends as superfluous, and the
    // one started below takes its place.
    const auto free = TRY(try_lock_scheduler());
    if (!free && wake()) return {};
  }
  Pipe ready = TRY(make_pipe());
  const UniqueFd log = TRY(open_file(log_file(), O_WRONLY | O_CREAT | O_APPEND, 0600));
  const ProcessOptions options{.command = command,
                               .environment = scheduler_environment(),
                               .directory = "/",
                               .stdout_fd = ready.write_end.get(),
                               .stderr_fd = log.get(),
                               .group = ProcessOptions::Group::session};
  TRY(system_process_runner().start(options));
  ready.write_end.reset();
  if (!TRY(await_ready(ready.read_end.get()))) {
    return fail(ErrorCode::unavailable,
                fmt::format("the scheduler did not start; {} may say why", log_file()));
  }
  return {};
}

}  // namespace aloft::executor
