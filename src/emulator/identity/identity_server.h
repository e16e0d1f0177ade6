// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "emulator/identity/token_endpoint.h"
#include "emulator/identity/token_issuer.h"
#include "emulator/wire/outcome.h"
#include "http/server.h"

namespace aloft::emulator::identity {

/// Gives tokens to tasks, as a virtual machine of Azure gives them to the programs that run on it,
/// on a loopback port of its own. Azure's answers whoever runs there; here other users run on the
/// same machine, so a secret tells tasks apart from them. Two protocols carry it, because some
/// clients drop a path from the host of the first:
///
///   GET /SECRET/metadata/identity/oauth2/token   (instance metadata service, "Metadata: true")
///   GET /msi/token                               (App Service, "X-IDENTITY-HEADER: SECRET")
///
/// Also has the TokenEndpoint.
class IdentityServer {
 public:
  /// Serves when it returns; `issuer` outlives it.
  static Result<std::unique_ptr<IdentityServer>> start(const TokenIssuer& issuer,
                                                       Random& random = system_random());

  /// The variables by which Azure's clients find it: for the environment of tasks, and for nobody
  /// else. They hold the secret.
  std::vector<std::pair<std::string, std::string>> environment() const;

  /// How an application of its own gets tokens, see TokenEndpoint: authority_host, tenant_id,
  /// client_id and client_secret.
  std::vector<std::pair<std::string, std::string>> service_principal() const;

  /// Lets requests under way finish.
  void stop() { server_->stop(); }

 private:
  IdentityServer(const TokenIssuer& issuer, Random& random)
      : issuer_(issuer), applications_(issuer, random), secret_(random.hex(32)) {}
  http::Response handle(http::Request& request) const;
  /// The audience that the token is wanted for.
  Outcome<std::string> admit(const http::Request& request) const;
  std::string url() const;

  const TokenIssuer& issuer_;
  const TokenEndpoint applications_;
  const std::string secret_;
  std::unique_ptr<http::Server> server_;  ///< Last: its threads use the rest.
};

}  // namespace aloft::emulator::identity
