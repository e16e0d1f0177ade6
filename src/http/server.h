// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace aloft::http {

/// The body of a request as it comes from the connection; the handler reads it into buffers of its
/// own, or not at all. For the thread that runs the handler.
class RequestBody {
 public:
  virtual ~RequestBody() = default;
  /// As the head states it; nothing for a chunked body. 0 where there is no body.
  virtual std::optional<std::uint64_t> length_bytes() const = 0;
  /// Fills the front of `buffer` with what is there, waiting for at least one byte; 0 only at the
  /// end of the body. Fails with corrupt if the connection or the encoding breaks off before it,
  /// and with deadline_exceeded if the peer sends nothing for ServerOptions::io_timeout.
  virtual Result<std::size_t> read(std::span<std::byte> buffer) = 0;

  /// Reads until `buffer` is full or the body ends; returns the bytes read.
  Result<std::size_t> read_full(std::span<std::byte> buffer);
};

/// One request; lives until the handler returns.
struct Request {
  Method method = Method::other;
  std::string target{};  ///< As sent, still percent-encoded: "/a%20b?c=d".
  Headers headers{};
  RequestBody& body;
  std::string peer_address{};  ///< "127.0.0.1"; without port.
  bool over_tls = false;
};

/// Bytes of an answer that are not in memory.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// Fills the front of `buffer` with at least one byte; 0 only at the end of the source. An error
  /// ends the connection, so that the client sees an answer that is too short rather than wrong
  /// bytes.
  virtual Result<std::size_t> read(std::span<std::byte> buffer) = 0;
};

/// What a handler answers. The server adds Content-Length, Date and Connection.
struct Response {
  int status = 200;
  Headers headers{};
  /// The body, sent in this order, without being copied; `keeps_alive` owns what it points to.
  std::vector<std::span<const std::byte>> body{};
  std::shared_ptr<const void> keeps_alive{};
  /// Instead of `body`: this many bytes of this source.
  std::unique_ptr<BodySource> source{};
  std::uint64_t source_length_bytes = 0;
  /// The Content-Length of an answer to HEAD, whose body is never sent.
  std::optional<std::uint64_t> head_length_bytes{};
  /// The connection is reset when this many bytes of the answer, its head included, are sent, and
  /// the peer may get fewer; with 0 it gets no answer. For servers that are to show faults.
  std::optional<std::uint64_t> reset_after_bytes{};

  /// A body that the response owns.
  void set_body(std::string text);
};

/// Called on the connection's thread, many at once. Must not throw.
using Handler = std::function<Response(Request&)>;

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;     ///< 0: a free one.
  bool allow_remote = false;  ///< Without it, an address that is not loopback is refused.
  /// PEM files of a certificate, with what it needs of its chain, and of its key: then it serves
  /// TLS 1.2 and 1.3 alone. Both or none.
  std::string certificate_file{};
  std::string key_file{};
  /// Connections served at once; when all are taken, the one idle for longest is closed for the
  /// next, or the next one waits.
  std::size_t connections_max = 1024;
  std::size_t head_bytes_max = std::size_t{64} << 10;
  /// For the next request on an open connection, and for the next bytes of one under way.
  std::chrono::milliseconds idle_timeout{120'000};
  std::chrono::milliseconds io_timeout{60'000};
  /// How long stop() lets requests under way finish.
  std::chrono::milliseconds stop_grace{2'000};
};

/// An HTTP/1.1 server: one thread per connection, keep-alive, 100-continue, chunked and counted
/// bodies. It knows no service; everything is up to the handler. What is no HTTP gets a plain 4xx
/// and the connection is closed.
class Server {
 public:
  /// Listens when it returns. Fails with already_exists if the port is taken, permission_denied if
  /// it may not be used, invalid_argument for an address that is none or is not loopback, and for a
  /// certificate or key that cannot be used.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Handler handler);
  /// Stops.
  virtual ~Server() = default;

  virtual std::uint16_t port() const = 0;
  /// Takes no more connections and requests, lets those under way finish within stop_grace, then
  /// cuts them off; returns when no handler runs any more. May be called again, but not by a
  /// handler.
  virtual void stop() = 0;
};

}  // namespace aloft::http
