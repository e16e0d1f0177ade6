// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "emulator/blob/authentication.h"
#include "emulator/blob/call.h"
#include "emulator/blob/request_counts.h"
#include "emulator/dfs/operation_table.h"
#include "http/server.h"

namespace aloft::emulator::dfs {

/// At which of the two endpoints a request has arrived.
enum class Endpoint { blob, dfs };

/// The Data Lake Storage endpoint of one account with a hierarchical namespace. Safe from any
/// thread.
class Service {
 public:
  /// `repository` outlives it, and is of a hierarchical namespace.
  Service(blob::Account account, blob::Repository& repository);

  /// Whether the request is to be answered here rather than by the Blob service. What only one of
  /// the two protocols has decides, wherever it arrives: clients that derive one endpoint from the
  /// other (".blob." and ".dfs." in host names) cannot do so from an address in digits, and send
  /// both protocols to one of them. Reading, HEAD and DELETE of a path are in both: there
  /// `endpoint` decides.
  static bool takes(const http::Request& request, Endpoint endpoint);

  http::Response handle(http::Request& request);
  /// The answer that refuses a request, which is not looked at further.
  http::Response answer_error(const http::Request& request, const ServiceError& error);

 private:
  blob::Answer answer(http::Request& request, std::ptrdiff_t& operation);
  void add_common_fields(http::Response& response, const http::Request& request,
                         std::string_view request_id) const;

  const blob::Account account_;
  blob::Repository& repository_;
  blob::RequestCounts counts_;
};

/// As blob::parse_target(), also without the account in front: Azure's JavaScript client leaves it
/// out of the destination of a rename.
Outcome<blob::Target> parse_target(std::string_view account, std::string_view text);

}  // namespace aloft::emulator::dfs
