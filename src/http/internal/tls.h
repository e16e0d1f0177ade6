// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/guarded.h"
#include "base/result.h"
#include "http/endpoint.h"

namespace aloft::http::internal {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Ssl = std::unique_ptr<SSL, SslFree>;

/// The file with the authorities that a machine trusts, on distributions where it is not where our
/// OpenSSL looks; empty if there is none. `root` is in front of its path, for tests.
std::string find_authorities_elsewhere(const std::string& root = "");

/// What all TLS connections of a client share: trusted authorities and protocol versions. Safe from
/// any thread.
class TlsContext {
 public:
  /// `authorities_file` (PEM) is trusted instead of the system's; empty: the system's, or what
  /// SSL_CERT_FILE and SSL_CERT_DIR name.
  static Result<std::shared_ptr<TlsContext>> make(const std::string& authorities_file);

  /// A client's side that will accept only a certificate for this endpoint's host. Uses `fd`
  /// without owning it.
  Result<Ssl> connect(const Endpoint& endpoint, int fd) const;

 private:
  struct ContextFree {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  std::unique_ptr<SSL_CTX, ContextFree> context_;
};

/// A TlsContext that is made when it is needed first: reading the system's authorities takes 20 ms.
/// One that could not be made is tried again at the next need. Safe from any thread.
class LazyTlsContext {
 public:
  explicit LazyTlsContext(std::string authorities_file)
      : authorities_file_(std::move(authorities_file)) {}

  Result<std::shared_ptr<TlsContext>> get() {
    auto made = made_.lock();
    if (*made == nullptr) *made = TRY(TlsContext::make(authorities_file_));
    return *made;
  }

 private:
  const std::string authorities_file_;
  Guarded<std::shared_ptr<TlsContext>> made_;
};

/// A BIO on a socket that never raises SIGPIPE; does not own `fd`. Null without memory.
BIO* make_quiet_bio(int fd);

/// Empties OpenSSL's queue of errors of this thread into words.
std::string take_tls_errors();

}  // namespace aloft::http::internal
