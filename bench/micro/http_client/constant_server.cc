// SPDX-License-Identifier: Apache-2.0
// The constant server as a program, for bench/macro: prints its port and serves until it is killed,
// or its parent is gone.
#include <sys/prctl.h>

#include <csignal>
#include <cstdio>

#include "server.h"
#include "sockets.h"

int main() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGPIPE, SIG_IGN);
  std::uint16_t port = 0;
  const int listener = bench::listen_on_loopback(port);
  std::printf("%d\n", port);
  std::fflush(stdout);
  bench::serve_plain(listener);
}
