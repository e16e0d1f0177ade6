// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <string_view>

namespace bench {

// Sockets of loopback without Nagle's delay; a failure ends the program.

/// Listens on a free port, which it tells.
int listen_on_loopback(std::uint16_t& port);
int accept_one(int listener);
int connect_to(std::uint16_t port);

iovec vector_of(std::string_view bytes);

}  // namespace bench
