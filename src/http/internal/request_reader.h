// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "base/result.h"
#include "http/internal/server_stream.h"
#include "http/server.h"

namespace aloft::http {

/// What a connection is doing, so that the server can close it where that hurts nobody: only what
/// is idle may become retired, and what is retired takes no request any more.
enum class ConnectionState { idle, busy, retired };

/// Reads the requests of one connection, one after the other; for one thread. The socket must have
/// a receive timeout of options.io_timeout. Nothing of a body passes through the head parser except
/// where it is chunked.
class RequestReader {
 public:
  /// All three outlive the reader.
  RequestReader(ServerStream& stream, const ServerOptions& options,
                std::atomic<ConnectionState>& state);
  ~RequestReader();

  enum class Outcome {
    request,    ///< The head is in `request`.
    closed,     ///< The peer is gone, was silent for too long, or we are to stop.
    malformed,  ///< Answer with error_status() and close.
  };
  /// Waits for the next head. The state turns from idle to busy with its first byte.
  Outcome read_head(Method& method, std::string& target, Headers& headers);
  int error_status() const { return error_status_; }

  /// Of the request whose head was read last.
  RequestBody& body();
  bool keep_alive() const { return keep_alive_; }

  /// Readies the connection for the next request by reading what is left of the body; false if that
  /// is too much, or was never asked for, so that the connection must end.
  bool finish_body();

 private:
  class Parser;
  class Body;
  bool receive_more();
  Outcome parse_head();
  Outcome refuse(int status);
  Outcome take_head(Method& method, std::string& target, Headers& headers);
  Result<std::size_t> read_counted(std::span<std::byte> buffer);
  Result<std::size_t> read_chunked(std::span<std::byte> buffer);
  Result<std::size_t> receive(std::span<std::byte> buffer);
  Result<void> send_continue();

  ServerStream& stream_;
  const ServerOptions& options_;
  std::atomic<ConnectionState>& state_;
  std::unique_ptr<Parser> parser_;
  std::unique_ptr<Body> body_;
  std::vector<char> buffer_;  // What was received and not yet used: [begin_, end_).
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool closed_ = false;
  bool timed_out_ = false;
  int error_status_ = 0;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
  std::optional<std::uint64_t> length_bytes_;
  std::uint64_t left_bytes_ = 0;  // Of a counted body.
  bool body_ended_ = true;
};

}  // namespace aloft::http
