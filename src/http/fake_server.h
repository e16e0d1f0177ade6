// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <charconv>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/guarded.h"
#include "http/endpoint.h"

namespace aloft::http {

/// For tests: the server's end of one connection, to be misused at will.
class FakeConnection {
 public:
  explicit FakeConnection(int fd) : fd_(fd) {}

  int fd() const { return fd_; }

  /// One request, head and body; empty when the client closed.
  std::string read_request() {
    std::string text;
    for (char byte = 0; !text.ends_with("\r\n\r\n"); text += byte) {
      if (::recv(fd_, &byte, 1, 0) != 1) return "";
    }
    std::size_t left = 0;
    constexpr std::string_view kLength = "Content-Length: ";
    if (const std::size_t at = text.find(kLength); at != std::string::npos) {
      std::from_chars(text.data() + at + kLength.size(), text.data() + text.size(), left);
    }
    std::string body(left, '\0');
    if (left > 0 && ::recv(fd_, body.data(), left, MSG_WAITALL) != static_cast<ssize_t>(left)) {
      return "";
    }
    return text + body;
  }
  /// False when the client is gone.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool answer(std::string_view body, std::string_view more_headers = "") {
    return send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                std::string(more_headers) + "\r\n" + std::string(body));
  }
  /// Blocks until the client closes the connection.
  void wait_for_end() {
    char bytes[4096];
    while (::recv(fd_, bytes, sizeof bytes, 0) > 0) {
    }
  }
  /// Ends it by a reset instead of in order.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  int fd_;
};

/// For tests: listens on a free port of loopback and gives each connection to `script`, on a thread
/// of its own, with the connection's number from 0. When the script returns, the connection is
/// closed. The destructor cuts off what is open.
class FakeServer {
 public:
  using Script = std::function<void(FakeConnection& connection, int number)>;

  explicit FakeServer(Script script) : script_(std::move(script)) {
    listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    CHECK(::bind(listener_.get(), generic, length) == 0);
    CHECK(::listen(listener_.get(), 128) == 0);
    CHECK(::getsockname(listener_.get(), generic, &length) == 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
  }
  ~FakeServer() {
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    {
      const auto open = open_.lock();
      for (const int fd : *open) ::shutdown(fd, SHUT_RDWR);
    }
    threads_.clear();
  }

  Endpoint endpoint() const { return {.tls = false, .host = "127.0.0.1", .port = port_}; }
  int connections() const { return connections_; }

 private:
  void accept_all() {
    while (!stopping_) {
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      const int at_once = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
      open_.lock()->push_back(fd);
      threads_.emplace_back([this, fd, number = connections_++] {
        FakeConnection connection(fd);
        script_(connection, number);
        std::erase(*open_.lock(), fd);
        ::close(fd);
      });
    }
  }

  const Script script_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  Guarded<std::vector<int>> open_;
  std::vector<std::jthread> threads_;  ///< Of the acceptor until it ends.
  std::jthread acceptor_;
};

}  // namespace aloft::http
