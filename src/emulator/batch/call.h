// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "emulator/batch/account.h"
#include "emulator/batch/listing.h"
#include "emulator/batch/view.h"
#include "http/server.h"

namespace aloft::emulator::batch {

/// One request that is known and allowed: what an operation gets.
struct Call {
  Account& account;
  http::Request& request;
  const Target& target;
  Viewer viewer;
  /// What stands in the path for the parts that differ: ids, the name of a file.
  std::vector<std::string> arguments;

  const std::string& argument(std::size_t index) const { return arguments.at(index); }
  const http::Headers& headers() const { return request.headers; }
};

/// An operation's answer; the service adds the fields that every answer has.
using Answer = Outcome<http::Response>;

/// The JSON object in the body. Bodies beyond 1 MiB are refused, as Azure does, and those that are
/// nested deeper than 64.
Outcome<Json> read_body(Call& call);
/// As above, checked; an absent body counts as an empty object.
Outcome<Json> read_body(Call& call, const Shape& shape);

/// Without body.
http::Response empty_response(int status);
http::Response json_response(std::string body);
/// With ETag and Last-Modified; `url` is that of what was changed or made.
http::Response changed_response(int status, Version version, const std::string& url);
/// For GET of one resource: its view with odata.metadata, selected as asked. Checks the conditions.
Answer resource_response(const Call& call, Version version, std::string_view metadata,
                         const std::string& view);

// What the path names; refused with 404 where it is not there.
Outcome<Pool*> find_pool(const State& state, const std::string& id);
Outcome<PoolNode*> find_node(const Pool& pool, const std::string& id);
Outcome<Job*> find_job(const State& state, const std::string& id);
Outcome<Task*> find_task(const Job& job, const std::string& id);

/// Refuses where the job is on its way out.
Outcome<void> check_takes_changes(const Job& job);

}  // namespace aloft::emulator::batch
