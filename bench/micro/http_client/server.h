// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// A server that does next to nothing, in a process of its own, so that the CPU time of this one is
/// the client's: GET /N answers N bytes of memory under a head like Azure's, PUT takes its body and
/// answers 201. One epoll loop for plain connections, a blocking thread for each one over TLS 1.3.
/// Ends with this process.
struct ConstantServer {
  std::uint16_t plain_port = 0;
  std::uint16_t tls_port = 0;
};

/// `certificate` and `key` are PEM files.
ConstantServer start_server(const std::string& certificate, const std::string& key);

/// The plain part of it alone, in this process: serves what connects to `listener` (see sockets.h).
[[noreturn]] void serve_plain(int listener);

/// The heads of its answers, so that who reads them may know their length.
std::string head_of_get(std::size_t size_bytes);
std::string_view head_of_put();

}  // namespace bench
