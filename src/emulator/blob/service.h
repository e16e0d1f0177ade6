// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "emulator/blob/authentication.h"
#include "emulator/blob/operation_table.h"
#include "emulator/blob/repository.h"
#include "emulator/blob/request_counts.h"
#include "http/server.h"

namespace aloft::emulator::blob {

/// The Blob service of one account: every request passes here, is matched with its operation,
/// checked for version, name and authority, and answered as Azure answers. Safe from any thread.
class Service {
 public:
  /// `repository` outlives it.
  Service(Account account, Repository& repository);

  /// To be said before the first request: where the server listens.
  void set_port(std::uint16_t port) { port_ = port; }

  http::Response handle(http::Request& request);
  /// The answer that refuses a request, which is not looked at further.
  http::Response answer_error(const http::Request& request, const ServiceError& error);

 private:
  /// A part of a batch has the version of the batch, which is not in its signature.
  using BatchVersion = std::optional<std::string>;
  http::Response answer_counted(http::Request& request, const BatchVersion& batch_version);
  http::Response answer(http::Request& request, const BatchVersion& batch_version,
                        std::ptrdiff_t& operation);
  Answer run(http::Request& request, const BatchVersion& batch_version, const Target& target,
             const Operation& operation);
  /// Also says in the target whether the replica is asked.
  Outcome<const Operation*> find(const http::Request& request, Target& target) const;
  Outcome<void> take_account(const http::Request& request, Target& target) const;
  void add_common_fields(http::Response& response, const http::Request& request,
                         std::string_view request_id) const;

  const Account account_;
  Repository& repository_;
  RequestCounts counts_;
  std::atomic<std::uint16_t> port_{0};
};

/// The answer that carries an error: fields, and Azure's XML.
http::Response error_response(const ServiceError& error, std::string_view request_id, Seconds now);

}  // namespace aloft::emulator::blob
