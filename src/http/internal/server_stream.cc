// SPDX-License-Identifier: Apache-2.0
#include "http/internal/server_stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>

namespace aloft::http {
namespace {

tl::unexpected<Error> unusable(const std::string& file, const char* what) {
  return fail(ErrorCode::invalid_argument, "cannot use " + file + " as " + what + ": " +
                                               internal::take_tls_errors() +
                                               "; it must be a PEM file that can be read");
}

}  // namespace

Result<std::shared_ptr<const ServerIdentity>> ServerIdentity::load(
    const std::string& certificate_file, const std::string& key_file) {
  // make_shared cannot reach the private constructor.
  std::shared_ptr<ServerIdentity> made(new ServerIdentity(SSL_CTX_new(TLS_server_method())));
  SSL_CTX* const context = made->context_.get();
  if (context == nullptr) {
    return fail(ErrorCode::unavailable, "no TLS: " + internal::take_tls_errors());
  }
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY);
  // Without read-ahead OpenSSL makes two reads for each record of 16 KiB.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, 64u << 10);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    return unusable(certificate_file, "a certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return unusable(key_file, "the key of the certificate");
  }
  return made;
}

internal::Ssl ServerIdentity::accept(int socket) const {
  internal::Ssl ssl(SSL_new(context_.get()));
  BIO* const bio = internal::make_quiet_bio(socket);
  CHECK(ssl != nullptr && bio != nullptr);
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_accept_state(ssl.get());
  return ssl;
}

ServerStream::ServerStream(int socket, const ServerIdentity* identity)
    : socket_(socket), ssl_(identity == nullptr ? nullptr : identity->accept(socket)) {}

ssize_t ServerStream::receive(void* data, std::size_t size) {
  if (ssl_ == nullptr) return ::recv(socket_, data, size, 0);
  std::size_t received = 0;
  ERR_clear_error();
  const int returned = SSL_read_ex(ssl_.get(), data, size, &received);
  return outcome(returned, received);
}

ssize_t ServerStream::send(std::span<const iovec> parts) {
  if (ssl_ == nullptr) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts.data());
    message.msg_iovlen = parts.size();
    return ::sendmsg(socket_, &message, MSG_NOSIGNAL);
  }
  ssize_t sum = 0;
  for (const iovec& part : parts) {
    if (part.iov_len == 0) continue;
    std::size_t sent = 0;
    ERR_clear_error();
    const int returned = SSL_write_ex(ssl_.get(), part.iov_base, part.iov_len, &sent);
    const ssize_t one = outcome(returned, sent);
    if (one < 0) return sum > 0 ? sum : -1;  // What is gone already is not to be sent again.
    sum += one;
  }
  return sum;
}

void ServerStream::finish() {
  if (ssl_ != nullptr && !broken_ && SSL_is_init_finished(ssl_.get()) == 1) {
    SSL_shutdown(ssl_.get());
  }
}

/// In the words of recv(2).
ssize_t ServerStream::outcome(int returned, std::size_t bytes) {
  if (returned > 0) return static_cast<ssize_t>(bytes);
  const int errno_value = errno;
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = errno_value == EINTR ? EINTR : EAGAIN;  // The socket's timeout.
      return -1;
    default:
      broken_ = true;
      ERR_clear_error();
      errno = ECONNRESET;
      return -1;
  }
}

}  // namespace aloft::http
