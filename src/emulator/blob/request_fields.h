// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "emulator/blob/service_error.h"
#include "http/server.h"

// What every request and answer of the storage services has.
namespace aloft::emulator::blob {

/// Who brings a key or token says which version the request is of; a batch does so for its parts.
Outcome<void> check_version(const http::Headers& headers, bool is_part = false);

/// Whose rules count for the request: the version that it names, else that of its SAS (sv), else
/// `default_version`, which is the account's and may be empty, else the newest.
std::string version_in_force(const http::Request& request, std::string_view default_version);

/// Ids and version of the answer; `default_version` as above.
void add_request_fields(http::Response& response, const http::Request& request,
                        std::string_view request_id, std::string_view default_version);

}  // namespace aloft::emulator::blob
