// SPDX-License-Identifier: Apache-2.0
#include "server.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"
#include "sockets.h"

namespace bench {
namespace {

constexpr std::size_t kContentBytes = 8u << 20;
constexpr std::size_t kReceiveBytes = 1u << 20;

const std::vector<char>& content() {
  static const std::vector<char> bytes(kContentBytes, 'x');
  return bytes;
}

constexpr std::string_view kCreated =
    "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nServer: Windows-Azure-Blob/1.0\r\n"
    "x-ms-request-id: 6d1c3a5e-001e-0047-5a3b-5a1c2d000000\r\nx-ms-version: 2021-12-02\r\n"
    "x-ms-request-server-encrypted: true\r\nDate: Sat, 21 Nov 2026 03:00:00 GMT\r\n\r\n";

std::size_t number_at(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The requests of one connection, out of its bytes.
class Requests {
 public:
  /// True if `received` completes a request; a client sends none before its answer.
  bool take(std::string_view received) {
    if (body_left_ == 0) {
      head_.append(received);
      const std::size_t end = head_.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      received.remove_prefix(received.size() - (head_.size() - end - 4));
      is_get_ = head_.starts_with("GET ");
      get_bytes_ = is_get_ ? number_at(std::string_view(head_).substr(5)) : 0;
      const std::size_t at = head_.find("Content-Length: ");
      body_left_ = at == std::string::npos ? 0 : number_at(std::string_view(head_).substr(at + 16));
      head_.clear();
    }
    body_left_ -= received.size();
    return body_left_ == 0;
  }
  /// Head and body of the answer.
  std::array<std::string_view, 2> answer() {
    if (!is_get_) return {kCreated, {}};
    if (get_bytes_ != head_bytes_) answer_head_ = head_of_get(get_bytes_);
    head_bytes_ = get_bytes_;
    return {answer_head_, std::string_view(content().data(), get_bytes_)};
  }

 private:
  std::string head_;
  bool is_get_ = false;
  std::size_t get_bytes_ = 0;
  std::size_t body_left_ = 0;
  std::string answer_head_;
  std::size_t head_bytes_ = 0;
};

/// A connection of the epoll loop.
struct Plain {
  int fd = -1;
  Requests requests{};
  std::array<std::string_view, 2> unsent{};

  void send_more() {
    while (unsent[0].size() + unsent[1].size() > 0) {
      iovec parts[] = {vector_of(unsent[0]), vector_of(unsent[1])};
      const ssize_t sent = ::writev(fd, parts, 2);
      if (sent < 0) return;
      auto left = static_cast<std::size_t>(sent);
      for (std::string_view& part : unsent) {
        const std::size_t gone = std::min(left, part.size());
        part.remove_prefix(gone);
        left -= gone;
      }
    }
  }
  /// False when the client is gone.
  bool go_on(std::vector<char>& buffer) {
    send_more();
    for (;;) {
      const ssize_t received = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (received < 0) return errno == EAGAIN;
      if (received == 0) return false;
      if (!requests.take({buffer.data(), static_cast<std::size_t>(received)})) continue;
      unsent = requests.answer();
      send_more();
    }
  }
};

void serve_tls(SSL_CTX* context, int fd) {
  SSL* const ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  std::vector<char> buffer(kReceiveBytes);
  Requests requests;
  bool open = SSL_accept(ssl) == 1;
  while (open) {
    const int received = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
    open = received > 0;
    if (!open || !requests.take({buffer.data(), static_cast<std::size_t>(received)})) continue;
    for (const std::string_view part : requests.answer()) {
      open =
          open && (part.empty() || SSL_write(ssl, part.data(), static_cast<int>(part.size())) > 0);
    }
  }
  SSL_free(ssl);
  ::close(fd);
}

void serve_all_tls(int listener, const std::string& certificate, const std::string& key) {
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  CHECK(SSL_CTX_use_certificate_file(context, certificate.c_str(), SSL_FILETYPE_PEM) == 1);
  CHECK(SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1);
  for (;;) std::thread(serve_tls, context, accept_one(listener)).detach();
}

}  // namespace

void serve_plain(int listener) {
  const int epoll = ::epoll_create1(0);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  CHECK(::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == 0);
  std::vector<char> buffer(kReceiveBytes);
  for (;;) {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Plain*>(events[i].data.ptr);
      if (connection == nullptr) {
        connection = new Plain{.fd = accept_one(listener)};
        ::fcntl(connection->fd, F_SETFL, O_NONBLOCK);
        event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = connection}};
        CHECK(::epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event) == 0);
      } else if (!connection->go_on(buffer)) {
        ::close(connection->fd);
        delete connection;
      }
    }
  }
}

std::string head_of_get(std::size_t size_bytes) {
  const std::string bytes = std::to_string(size_bytes);
  return "HTTP/1.1 206 Partial Content\r\nContent-Length: " + bytes +
         "\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 0-" +
         std::to_string(size_bytes - 1) + "/" + bytes +
         "\r\nLast-Modified: Sat, 21 Nov 2026 03:00:00 GMT\r\nAccept-Ranges: bytes\r\n"
         "ETag: \"0x8DE28D9F3B4B2C1\"\r\nServer: Windows-Azure-Blob/1.0\r\n"
         "x-ms-request-id: 6d1c3a5e-001e-0047-5a3b-5a1c2d000000\r\nx-ms-version: 2021-12-02\r\n"
         "x-ms-creation-time: Sat, 21 Nov 2026 03:00:00 GMT\r\nx-ms-lease-status: unlocked\r\n"
         "x-ms-lease-state: available\r\nx-ms-blob-type: BlockBlob\r\n"
         "x-ms-server-encrypted: true\r\nDate: Sat, 21 Nov 2026 03:00:00 GMT\r\n\r\n";
}

std::string_view head_of_put() {
  return kCreated;
}

ConstantServer start_server(const std::string& certificate, const std::string& key) {
  ConstantServer server;
  const int plain = listen_on_loopback(server.plain_port);
  const int tls = listen_on_loopback(server.tls_port);
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::signal(SIGPIPE, SIG_IGN);
    std::thread(serve_all_tls, tls, certificate, key).detach();
    serve_plain(plain);
  }
  ::close(plain);
  ::close(tls);
  return server;
}

}  // namespace bench
