// SPDX-License-Identifier: Apache-2.0
#include "http/internal/connection.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

namespace aloft::http::internal {
namespace {

tl::unexpected<Error> broken(int errno_value) {
  return fail(ErrorCode::unavailable,
              std::string("the connection broke: ") + std::strerror(errno_value));
}

iovec vector_of(std::span<const std::byte> bytes) {
  return {.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::make(Endpoint endpoint, UniqueFd fd,
                                                     LazyTlsContext& tls, Clock::time_point now) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) < 0) {
    return fail_os(errno, "cannot make a socket non-blocking");
  }
  std::unique_ptr<Connection> made(new Connection(std::move(endpoint), std::move(fd), now));
  if (made->endpoint_.tls) {
    const auto context = TRY(tls.get());
    made->ssl_ = TRY(context->connect(made->endpoint_, made->fd_.get()));
  }
  return made;
}

Result<Moved> Connection::shake_hands() {
  if (ssl_ == nullptr) return Moved{};
  ERR_clear_error();
  return tls_outcome(SSL_do_handshake(ssl_.get()), 0);
}

Result<Moved> Connection::send(std::span<const std::byte> first,
                               std::span<const std::byte> second) {
  if (ssl_ == nullptr) return send_plain(first, second);
  const std::span<const std::byte> bytes = first.empty() ? second : first;
  std::size_t sent = 0;
  ERR_clear_error();
  const int returned = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
  return tls_outcome(returned, sent);
}

Result<Moved> Connection::send_plain(std::span<const std::byte> first,
                                     std::span<const std::byte> second) {
  iovec parts[] = {vector_of(first), vector_of(second)};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  const auto one = first.empty() ? second : first;
  const ssize_t sent = first.empty() || second.empty()
                           ? ::send(fd_.get(), one.data(), one.size(), MSG_NOSIGNAL)
                           : ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  if (sent >= 0) return Moved{.bytes = static_cast<std::size_t>(sent)};
  if (errno == EAGAIN || errno == EINTR) return Moved{.how = Moved::How::wait_to_write};
  return broken(errno);
}

Result<Moved> Connection::receive(const AnswerReader::Space& space) {
  if (ssl_ != nullptr) return receive_tls(space.first);
  iovec parts[3];
  int count = 0;
  for (const auto place : {space.first, space.second, space.excess}) {
    if (!place.empty()) parts[count++] = vector_of(place);
  }
  const ssize_t received = ::readv(fd_.get(), parts, count);
  drained = received > 0 && static_cast<std::size_t>(received) < space.size();
  most_received_ = std::max(most_received_, received);
  if (received > 0) return Moved{.bytes = static_cast<std::size_t>(received)};
  if (received == 0) return Moved{.how = Moved::How::ended};
  if (errno == EAGAIN || errno == EINTR) return Moved{.how = Moved::How::wait_to_read};
  return broken(errno);
}

void Connection::expect(std::uint64_t left_bytes) {
  constexpr std::size_t kManyBytesMin = 64u << 10, kManyBytesMax = 512u << 10;
  // Half of what was there once: the other half can come while this one is read, and the kernel's
  // room for the connection, which grows as it is used, is not what decides.
  const auto half = std::bit_floor(static_cast<std::size_t>(most_received_) / 2);
  const std::size_t many = std::min(half, kManyBytesMax);
  const bool waits = ssl_ == nullptr && many >= kManyBytesMin && left_bytes >= many;
  tell_from(waits ? static_cast<int>(many) : 1);
}

void Connection::tell_from(int bytes) {
  // Where the kernel refuses, it tells more often: that is all.
  if (std::exchange(told_from_bytes_, bytes) == bytes) return;
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes));
}

Result<Moved> Connection::receive_tls(std::span<std::byte> buffer) {
  std::size_t received = 0;
  ERR_clear_error();
  const int returned = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &received);
  return tls_outcome(returned, received);
}

Result<Moved> Connection::tls_outcome(int returned, std::size_t bytes) {
  if (returned > 0) return Moved{.bytes = bytes};
  const int errno_value = errno;
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return Moved{.how = Moved::How::wait_to_read};
    case SSL_ERROR_WANT_WRITE:
      return Moved{.how = Moved::How::wait_to_write};
    case SSL_ERROR_ZERO_RETURN:
      return Moved{.how = Moved::How::ended};
    case SSL_ERROR_SYSCALL:
      return broken(errno_value != 0 ? errno_value : ECONNRESET);
    default:
      break;
  }
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK) {
    ERR_clear_error();
    return fail(ErrorCode::permission_denied,
                std::string("its certificate is refused (") +
                    X509_verify_cert_error_string(verified) +
                    "); for an authority of your own set SSL_CERT_FILE, or authorities_file "
                    "of the account");
  }
  return fail(ErrorCode::unavailable, "the TLS connection broke: " + take_tls_errors());
}

bool Connection::seems_alive() const {
  char byte = 0;
  if (ssl_ != nullptr) {
    // TLS brings session tickets at any time, and its end may be in OpenSSL's buffer already.
    std::size_t peeked = 0;
    ERR_clear_error();
    const int returned = SSL_peek_ex(ssl_.get(), &byte, 1, &peeked);
    const bool waits = returned <= 0 && SSL_get_error(ssl_.get(), returned) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return waits;
  }
  return ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

}  // namespace aloft::http::internal
