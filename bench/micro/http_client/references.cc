// SPDX-License-Identifier: Apache-2.0
#include "references.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"
#include "sockets.h"

namespace bench {
namespace {

/// Where the bytes from `received` on go: the head is overwritten by the body.
std::span<std::byte> room(std::span<std::byte> destination, std::size_t received,
                          std::size_t answer_bytes) {
  const std::size_t head_bytes = answer_bytes - destination.size();
  const std::size_t at = received < head_bytes ? 0 : received - head_bytes;
  return destination.subspan(at);
}

std::string_view view_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

RawLoop::RawLoop(std::uint16_t port) : fd_(connect_to(port)) {}

RawLoop::~RawLoop() {
  ::close(fd_);
}

void RawLoop::get(const std::string& request, std::size_t answer_bytes,
                  std::span<std::byte> destination) {
  CHECK(::send(fd_, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
  for (std::size_t received = 0; received < answer_bytes;) {
    const auto space = room(destination, received, answer_bytes);
    const ssize_t count = ::recv(fd_, space.data(), space.size(), 0);
    CHECK(count > 0);
    received += static_cast<std::size_t>(count);
  }
}

void RawLoop::put(const std::string& head, std::span<const std::byte> body,
                  std::size_t answer_bytes) {
  iovec parts[] = {vector_of(head), vector_of(view_of(body))};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  // A blocking socket takes all of it.
  CHECK(::sendmsg(fd_, &message, 0) == static_cast<ssize_t>(head.size() + body.size()));
  std::array<char, 4096> answer;
  CHECK(::recv(fd_, answer.data(), answer_bytes, MSG_WAITALL) ==
        static_cast<ssize_t>(answer_bytes));
}

OpenSslLoop::OpenSslLoop(std::uint16_t port)
    : fd_(connect_to(port)), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)) {
  SSL_set_min_proto_version(ssl_, TLS1_3_VERSION);
  SSL_set_fd(ssl_, fd_);
  CHECK(SSL_connect(ssl_) == 1);
}

OpenSslLoop::~OpenSslLoop() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ::close(fd_);
}

void OpenSslLoop::receive(std::size_t bytes, std::span<std::byte> destination) {
  for (std::size_t received = 0; received < bytes;) {
    const auto space = room(destination, received, bytes);
    std::size_t count = 0;
    CHECK(SSL_read_ex(ssl_, space.data(), space.size(), &count) == 1);
    received += count;
  }
}

void OpenSslLoop::get(const std::string& request, std::size_t answer_bytes,
                      std::span<std::byte> destination) {
  CHECK(SSL_write(ssl_, request.data(), static_cast<int>(request.size())) > 0);
  receive(answer_bytes, destination);
}

void OpenSslLoop::put(const std::string& head, std::span<const std::byte> body,
                      std::size_t answer_bytes) {
  CHECK(SSL_write(ssl_, head.data(), static_cast<int>(head.size())) > 0);
  CHECK(SSL_write(ssl_, body.data(), static_cast<int>(body.size())) > 0);
  std::array<std::byte, 4096> answer;
  receive(answer_bytes, std::span(answer).first(answer_bytes));
}

EpollLoop::EpollLoop(std::uint16_t port, std::vector<std::vector<std::byte>>& destinations)
    : epoll_(::epoll_create1(0)), connections_(destinations.size()) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    connections_[i] = {.fd = connect_to(port), .destination = destinations[i]};
    ::fcntl(connections_[i].fd, F_SETFL, O_NONBLOCK);
    epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = i}};
    CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].fd, &event) == 0);
  }
}

EpollLoop::~EpollLoop() {
  for (const Connection& connection : connections_) ::close(connection.fd);
  ::close(epoll_);
}

bool EpollLoop::receive(Connection& connection, std::size_t answer_bytes) {
  // Head and body in one call: the head's length is known.
  const std::size_t head_bytes = answer_bytes - connection.destination.size();
  std::array<char, 4096> head;
  while (connection.received < answer_bytes) {
    iovec parts[] = {{.iov_base = head.data(), .iov_len = head_bytes}, {}};
    const auto space = room(connection.destination, connection.received, answer_bytes);
    parts[1] = {.iov_base = space.data(), .iov_len = space.size()};
    const bool in_head = connection.received < head_bytes;
    if (in_head) parts[0].iov_len -= connection.received;
    const ssize_t count = ::readv(connection.fd, in_head ? parts : parts + 1, in_head ? 2 : 1);
    if (count < 0 && errno == EAGAIN) return false;
    CHECK(count > 0);
    connection.received += static_cast<std::size_t>(count);
  }
  return true;
}

void EpollLoop::get_all(const std::string& request, std::size_t answer_bytes) {
  for (Connection& connection : connections_) {
    connection.received = 0;
    const ssize_t sent = ::send(connection.fd, request.data(), request.size(), 0);
    CHECK(sent == static_cast<ssize_t>(request.size()));
  }
  for (std::size_t left = connections_.size(); left > 0;) {
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(epoll_, events.data(), 64, -1);
    for (int i = 0; i < count; ++i) {
      Connection& connection = connections_[events[static_cast<std::size_t>(i)].data.u64];
      if (connection.received < answer_bytes && receive(connection, answer_bytes)) --left;
    }
  }
}

}  // namespace bench
