// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

namespace aloft {

/// Unix stream sockets that carry messages: four bytes of length (little endian), then the text. A
/// message may bring one file descriptor along. Peers are other processes of this machine; what
/// they send is not trusted to be well formed.

/// Listens at `path` with mode 0600, replacing a socket that an ended process left there. Paths of
/// any length work, although sockaddr_un holds 107 bytes.
Result<UniqueFd> listen_local(const std::string& path);

/// Fails with os_errno ENOENT or ECONNREFUSED where nobody listens.
Result<UniqueFd> connect_local(const std::string& path);

/// Who is at the other end, by the kernel's word.
struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
};
Result<Peer> peer_of(int socket);

struct SocketMessage {
  std::string text{};
  UniqueFd fd{};  ///< Empty if none came along.
};

/// Sends one message; `fd` (-1: none) stays the caller's. No SIGPIPE: a peer that is gone is
/// unavailable, os_errno EPIPE or ECONNRESET.
Result<void> send_message(int socket, std::string_view text, int fd = -1);

/// Waits for bytes that belong to no message, as a program of others sends them; at most as many as
/// `bytes` holds. Puts the descriptor that comes along into `fd`. Zero is the end.
Result<std::size_t> receive_bytes(int socket, std::span<char> bytes, UniqueFd& fd);

/// Waits for one message until `deadline`. A peer that closed between two messages is not_found
/// with os_errno ENOTCONN; inside a message, or a message above `size_bytes_max`, is corrupt.
Result<SocketMessage> receive_message(int socket, std::size_t size_bytes_max,
                                      Clock::time_point deadline = Clock::time_point::max());

}  // namespace aloft
