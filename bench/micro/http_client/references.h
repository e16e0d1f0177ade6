// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bench {

// What HTTP over a socket costs at least: programs that send a request made beforehand and count
// the bytes of an answer whose length they know. They neither parse, nor time out, nor recover.

/// One blocking connection, plain.
class RawLoop {
 public:
  explicit RawLoop(std::uint16_t port);
  ~RawLoop();

  void get(const std::string& request, std::size_t answer_bytes, std::span<std::byte> destination);
  void put(const std::string& head, std::span<const std::byte> body, std::size_t answer_bytes);

 private:
  int fd_;
};

/// One blocking connection with OpenSSL on its descriptor, TLS 1.3.
class OpenSslLoop {
 public:
  explicit OpenSslLoop(std::uint16_t port);
  ~OpenSslLoop();

  void get(const std::string& request, std::size_t answer_bytes, std::span<std::byte> destination);
  void put(const std::string& head, std::span<const std::byte> body, std::size_t answer_bytes);

 private:
  void receive(std::size_t bytes, std::span<std::byte> destination);

  int fd_;
  SSL_CTX* context_;
  SSL* ssl_;
};

/// As many connections as there are destinations, in one edge-triggered epoll loop.
class EpollLoop {
 public:
  EpollLoop(std::uint16_t port, std::vector<std::vector<std::byte>>& destinations);
  ~EpollLoop();

  /// The request once on each connection; returns when all answers are there.
  void get_all(const std::string& request, std::size_t answer_bytes);

 private:
  struct Connection {
    int fd = -1;
    std::span<std::byte> destination{};
    std::size_t received = 0;
  };
  /// True once its answer is complete.
  static bool receive(Connection& connection, std::size_t answer_bytes);

  int epoll_;
  std::vector<Connection> connections_;
};

}  // namespace bench
