// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/request_fields.h"

#include "emulator/blob/api_version.h"
#include "emulator/blob/target.h"

namespace aloft::emulator::blob {

namespace {

bool is_printable(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c == 0x7f) return false;
  }
  return true;
}

}  // namespace

Outcome<void> check_version(const http::Headers& headers, bool is_part) {
  const auto version = headers.find("x-ms-version");
  if (!version && headers.contains("Authorization") && !is_part) {
    return refuse_header(Refusal::missing_required_header, "x-ms-version", {});
  }
  if (version && !is_known_version(*version)) {
    return refuse_header(Refusal::invalid_header_value, "x-ms-version", *version);
  }
  return {};
}

std::string version_in_force(const http::Request& request, std::string_view default_version) {
  std::string version(request.headers.get("x-ms-version"));
  if (is_known_version(version)) return version;
  if (const auto target = parse_target(request.target)) version = target->query.get("sv");
  if (is_known_version(version)) return version;
  return std::string(default_version.empty() ? kNewestVersion : default_version);
}

void add_request_fields(http::Response& response, const http::Request& request,
                        std::string_view request_id, std::string_view default_version) {
  constexpr std::size_t kClientRequestIdBytesMax = 1 << 10;
  response.headers.add("x-ms-request-id", request_id);
  response.headers.add("x-ms-version", version_in_force(request, default_version));
  const std::string_view client_id = request.headers.get("x-ms-client-request-id");
  if (!client_id.empty() && client_id.size() <= kClientRequestIdBytesMax &&
      is_printable(client_id)) {
    response.headers.add("x-ms-client-request-id", client_id);
  }
}

}  // namespace aloft::emulator::blob
