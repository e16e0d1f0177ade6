// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "http/internal/server_stream.h"
#include "http/server.h"

namespace aloft::http {

/// Sends answers over one connection, head and body gathered into as few calls as the kernel
/// allows; for one thread. The socket should have a send timeout.
class ResponseWriter {
 public:
  explicit ResponseWriter(ServerStream& stream) : stream_(stream) {}

  /// Sends all of it, or what reset_after_bytes allows; false when the connection is to be closed
  /// because not all was sent.
  bool send(Response& response, Method method, bool keep_alive);

 private:
  void write_head(const Response& response, Method method, bool keep_alive);
  bool send_spans(std::span<const std::span<const std::byte>> spans);
  bool send_source(Response& response);

  ServerStream& stream_;
  std::uint64_t allowed_bytes_ = 0;  // Of the answer under way, how many may still be sent.
  std::string head_;
  std::vector<std::byte> source_buffer_;
};

}  // namespace aloft::http
