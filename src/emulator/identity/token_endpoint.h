// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/random.h"
#include "emulator/identity/token_issuer.h"
#include "emulator/wire/outcome.h"
#include "http/server.h"

namespace aloft::emulator::identity {

/// Services that tokens may be wanted for, spelled with or without a slash at the end; Entra ID
/// knows many more.
bool is_known_resource(std::string_view resource);

/// How an application of its own, a service principal, gets its tokens: the part of Entra ID's v2.0
/// endpoints that the client credentials flow with a secret takes,
///
///   POST /TENANT/oauth2/v2.0/token
///   GET  /TENANT/v2.0/.well-known/openid-configuration
///
/// and the errors that Entra ID gives there (AADSTS…). Client assertions are refused: there is no
/// certificate that the emulator could check them by. Safe from any thread.
class TokenEndpoint {
 public:
  /// `issuer` outlives it. The one application has the identity of the issuer's tokens and a
  /// secret of this run.
  explicit TokenEndpoint(const TokenIssuer& issuer, Random& random = system_random())
      : issuer_(issuer), client_secret_(random.hex(32)) {}

  const std::string& client_secret() const { return client_secret_; }

  /// Whether a path is below the tenant, and so is for handle().
  static bool has(std::string_view path);
  /// `url` is that of the server: "http://127.0.0.1:1234".
  http::Response handle(http::Request& request, const std::string& url) const;

 private:
  Outcome<http::Response> give_token(http::Request& request) const;

  const TokenIssuer& issuer_;
  const std::string client_secret_;
};

}  // namespace aloft::emulator::identity
