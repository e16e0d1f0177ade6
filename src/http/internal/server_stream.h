// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "http/internal/tls.h"

namespace aloft::http {

/// Who a TLS server is. Safe from any thread.
class ServerIdentity {
 public:
  /// PEM files: the certificate with what it needs of its chain, and its key. Fails with
  /// invalid_argument, naming the file, where one cannot be read or they do not fit.
  static Result<std::shared_ptr<const ServerIdentity>> load(const std::string& certificate_file,
                                                            const std::string& key_file);
  /// The server's side of a connection, whose handshake comes with its first bytes.
  internal::Ssl accept(int socket) const;

 private:
  struct ContextFree {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  explicit ServerIdentity(SSL_CTX* context) : context_(context) {}
  std::unique_ptr<SSL_CTX, ContextFree> context_;
};

/// The bytes of one connection of a server, plain or TLS; for one thread. The socket, which it does
/// not own, blocks, with timeouts for both directions.
class ServerStream {
 public:
  /// `identity` null: plain. It outlives the stream.
  ServerStream(int socket, const ServerIdentity* identity);
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;

  int socket() const { return socket_; }
  /// As recv(2): 0 at the end; -1 with EAGAIN in errno where nothing came in time.
  ssize_t receive(void* data, std::size_t size);
  /// As sendmsg(2): how many bytes of the front of `parts` are sent, -1 where that is impossible.
  ssize_t send(std::span<const iovec> parts);
  /// Says that nothing more comes, so that a peer knows the end for a real one.
  void finish();

 private:
  ssize_t outcome(int returned, std::size_t bytes);

  const int socket_;
  internal::Ssl ssl_;  ///< Null: plain.
  bool broken_ = false;
};

}  // namespace aloft::http
