// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "emulator/blob/authentication.h"
#include "emulator/blob/repository.h"
#include "emulator/blob/target.h"
#include "http/server.h"

namespace aloft::emulator::blob {

/// One request that is known, well-formed in its names, and allowed: what an operation gets.
struct Call {
  Repository& repository;
  const Account& account;
  http::Request& request;
  const Target& target;
  const Authority& authority;
  /// Answers one part of a batch as if it had come alone.
  const std::function<http::Response(http::Request& part)>& answer_part;
  std::uint16_t port = 0;  ///< Where the service listens: a copy's source must be there too.

  const http::Headers& headers() const { return request.headers; }
  const Query& query() const { return target.query; }
};

/// An operation's answer; the service adds the fields that every answer has.
using Answer = Outcome<http::Response>;

/// A response with ETag and Last-Modified of what was written or read.
template <class T>
http::Response response_for(int status, const T& resource) {
  http::Response response;
  response.status = status;
  response.headers.add("ETag", format_etag(resource.etag));
  response.headers.add("Last-Modified", format_http_date(resource.modified_at));
  return response;
}

/// As above, for operations that write content: the service says that it is encrypted at rest.
template <class T>
http::Response response_for_write(int status, const T& resource) {
  http::Response response = response_for(status, resource);
  response.headers.add("x-ms-request-server-encrypted", "true");
  return response;
}

}  // namespace aloft::emulator::blob
