// SPDX-License-Identifier: Apache-2.0
#include "cli/interruption.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>

#include "cli/command.h"

namespace aloft::cli {

namespace {

bool is_ignored(int number) {
  struct sigaction action {};
  return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t watched_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(number)) ::sigaddset(&set, number);
  }
  return set;
}

}  // namespace

Interruption::Interruption() {
  ::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = watched_signals();
  // Threads made from now on inherit the mask, so the signals reach the watcher alone.
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
  end_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
  CHECK(signals_ && end_);
  watcher_ = std::thread([this] { watch(); });
}

Interruption::~Interruption() {
  const std::uint64_t one = 1;
  CHECK(::write(end_.get(), &one, sizeof one) == sizeof one);
  watcher_.join();
  const sigset_t set = watched_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
}

int Interruption::exit_code() const {
  const int number = signal_;
  return number == 0 ? 0 : 128 + number;
}

void Interruption::watch() {
  pollfd watched[2] = {{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                       {.fd = end_.get(), .events = POLLIN, .revents = 0}};
  while (true) {
    if (::poll(watched, 2, -1) < 0) continue;  // EINTR: a signal of somebody else's.
    if (watched[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != sizeof info) continue;
    const int number = static_cast<int>(info.ssi_signo);
    if (signal_.exchange(number) != 0) ::_exit(128 + number);
    stop_.request_stop();
  }
}

void report(Context& context, const Error& error, const Interruption& interruption) {
  report(context, error);
  if (interruption.exit_code() != 0) context.exit_code = interruption.exit_code();
}

bool report_and_go_on(Context& context, const Error& error, const Interruption& interruption) {
  context.exit_code = std::max(context.exit_code, report(error));
  if (interruption.exit_code() == 0) return true;
  context.exit_code = interruption.exit_code();
  return false;
}

}  // namespace aloft::cli
