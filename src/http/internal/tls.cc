// SPDX-License-Identifier: Apache-2.0
#include "http/internal/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace aloft::http::internal {
namespace {

// OpenSSL's own socket BIO uses write(2), which raises SIGPIPE in a process that did not ask for
// it; this one sends with MSG_NOSIGNAL.
int fd_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int bio_write(BIO* bio, const char* data, int length) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(fd_of(bio), data, static_cast<std::size_t>(length), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* data, int length) {
  BIO_clear_retry_flags(bio);
  const ssize_t received = ::recv(fd_of(bio), data, static_cast<std::size_t>(length), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(received);
}

long bio_control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default:
      return 0;
  }
}

BIO_METHOD* quiet_socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quiet socket");
    CHECK(made != nullptr);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

bool is_address(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), R_OK) == 0;
}

/// OpenSSL knows the places of the distribution that it was built for, but the bundle for nodes
/// runs on others. (What SSL_CERT_FILE and SSL_CERT_DIR name comes first, in any case.)
bool trust_machine(SSL_CTX* context) {
  if (SSL_CTX_set_default_verify_paths(context) != 1) return false;
  if (exists(X509_get_default_cert_file()) || exists(X509_get_default_cert_dir())) return true;
  const std::string file = find_authorities_elsewhere();
  return file.empty() || SSL_CTX_load_verify_locations(context, file.c_str(), nullptr) == 1;
}

}  // namespace

BIO* make_quiet_bio(int fd) {
  BIO* const bio = BIO_new(quiet_socket_method());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  return bio;
}

std::string find_authorities_elsewhere(const std::string& root) {
  for (const char* place : {"/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu
                            "/etc/pki/tls/certs/ca-bundle.crt",    // Red Hat, AlmaLinux
                            "/etc/ssl/ca-bundle.pem"}) {           // SUSE
    if (exists(root + place)) return root + place;
  }
  return {};
}

std::string take_tls_errors() {
  std::string words;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!words.empty()) words += "; ";
    words += reason != nullptr ? reason : "error " + std::to_string(code);
  }
  return words.empty() ? "unknown TLS error" : words;
}

Result<std::shared_ptr<TlsContext>> TlsContext::make(const std::string& authorities_file) {
  // make_shared cannot reach the private constructor.
  std::shared_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_client_method())));
  SSL_CTX* const context = made->context_.get();
  if (context == nullptr) return fail(ErrorCode::unavailable, "no TLS: " + take_tls_errors());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_AUTO_RETRY);
  // Without read-ahead OpenSSL makes two reads for each record of 16 KiB.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, 64u << 10);
  const bool loaded =
      authorities_file.empty()
          ? trust_machine(context)
          : SSL_CTX_load_verify_locations(context, authorities_file.c_str(), nullptr) == 1;
  if (!loaded) {
    return fail(ErrorCode::invalid_argument, "cannot read the certificate authorities in " +
                                                 authorities_file + ": " + take_tls_errors());
  }
  return made;
}

Result<Ssl> TlsContext::connect(const Endpoint& endpoint, int fd) const {
  Ssl ssl(SSL_new(context_.get()));
  BIO* const bio = make_quiet_bio(fd);
  if (ssl == nullptr || bio == nullptr) {
    BIO_free(bio);
    return fail(ErrorCode::unavailable, "no TLS connection: " + take_tls_errors());
  }
  SSL_set_bio(ssl.get(), bio, bio);
  const std::string& host = endpoint.host;
  const int host_set = is_address(host)
                           ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str())
                           : SSL_set1_host(ssl.get(), host.c_str()) &&
                                 SSL_set_tlsext_host_name(ssl.get(), host.c_str());
  if (host_set != 1) {
    return fail(ErrorCode::invalid_argument,
                "\"" + host + "\" cannot be checked in a certificate: " + take_tls_errors());
  }
  SSL_set_connect_state(ssl.get());
  return ssl;
}

}  // namespace aloft::http::internal
