// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "http/server.h"

namespace aloft::http {

/// Sends answers over one connection, head and body gathered into as few calls as the kernel
/// allows; for one thread. The socket should have a send timeout.
class ResponseWriter {
 public:
  explicit ResponseWriter(int socket) : socket_(socket) {}

  /// Sends all of it; false when the connection is to be closed because it could not.
  bool send(Response& response, Method method, bool keep_alive);

 private:
  void write_head(const Response& response, Method method, bool keep_alive);
  bool send_spans(std::span<const std::span<const std::byte>> spans);
  bool send_source(Response& response);

  const int socket_;
  std::string head_;
  std::vector<std::byte> source_buffer_;
};

}  // namespace aloft::http
