// SPDX-License-Identifier: Apache-2.0
#include "executor/supervisor/end_signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <cerrno>

namespace aloft::executor {
namespace {

sigset_t end_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, number);
  return signals;
}

UniqueFd open_end_signals() {
  const sigset_t signals = end_signals();
  return UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

void hold_end_signals() {
  const sigset_t signals = end_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

Result<UniqueFd> catch_end_signals() {
  hold_end_signals();
  UniqueFd fd = open_end_signals();
  if (!fd) return fail_os(errno, "cannot watch for signals");
  return fd;
}

EndSignalWatch::EndSignalWatch()
    : signals_(open_end_signals()), end_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (signals_ && end_) thread_ = std::jthread([this] { run(); });
}

EndSignalWatch::~EndSignalWatch() {
  if (end_) ::eventfd_write(end_.get(), 1);
}

void EndSignalWatch::run() {
  pollfd polled[2] = {{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                      {.fd = end_.get(), .events = POLLIN, .revents = 0}};
  while (::poll(polled, 2, -1) < 0 && errno == EINTR) continue;
  if (polled[0].revents != 0) told_.request_stop();
}

}  // namespace aloft::executor
