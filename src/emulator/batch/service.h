// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "emulator/batch/account.h"
#include "emulator/batch/authentication.h"
#include "http/server.h"

namespace aloft::emulator::batch {

/// The Batch service of one account: every request passes here, is checked for authority and
/// version, matched with its operation, and answered as Azure answers. Nothing is answered before
/// what it tells is kept. Safe from any thread.
class Service {
 public:
  /// `account` outlives it.
  Service(Credentials credentials, Account& account);

  /// To be said before the first request: what clients call the server, "http://127.0.0.1:10001".
  void set_base_url(std::string base_url) { base_url_ = std::move(base_url); }

  http::Response handle(http::Request& request);
  /// The answer that refuses a request, which is not looked at further.
  http::Response answer_error(const http::Request& request, const ServiceError& error) const;

 private:
  Outcome<http::Response> answer(http::Request& request);
  /// As above; an exception is logged and becomes an InternalError.
  Outcome<http::Response> answer_or_catch(http::Request& request);

  const Credentials credentials_;
  Account& account_;
  std::string base_url_;
};

}  // namespace aloft::emulator::batch
