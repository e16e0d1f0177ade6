// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "emulator/batch/service_error.h"
#include "emulator/wire/query.h"

namespace aloft::emulator::batch {

/// What a request is about: /SEGMENT/SEGMENT…[?QUERY]. Clients join endpoint and path with more or
/// fewer slashes; empty segments mean nothing.
struct Target {
  std::string path{};  ///< As sent, still encoded: what is signed.
  /// Decoded after the path was split, so one may hold slashes: names of files do.
  std::vector<std::string> segments{};
  Query query{};
};

Outcome<Target> parse_target(std::string_view text);

/// How a resource is known to clients that only know the address they used: which dialect of the
/// service they speak. Versions before 2025 are answered as 2022-10-01.16.0 was, later ones as
/// 2025-06-01.
enum class ApiVersion { v2022, v2025 };

/// From api-version, which every request must have. Any date is known.
Outcome<ApiVersion> parse_api_version(const Query& query);

}  // namespace aloft::emulator::batch
