// SPDX-License-Identifier: Apache-2.0
#include "http/internal/request_head.h"

#include <algorithm>

namespace aloft::http::internal {
namespace {

bool is_target(std::string_view target) {
  return target.starts_with('/') &&
         std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f; });
}

bool carries_body(const Exchange& exchange) {
  return exchange.method == Method::put || exchange.method == Method::post ||
         exchange.method == Method::patch || !exchange.body.empty();
}

}  // namespace

Result<void> write_request_head(const Exchange& exchange, std::string& head) {
  if (!is_target(exchange.target)) {
    return fail(ErrorCode::invalid_argument,
                "a request's target must begin with / and be percent-encoded ASCII");
  }
  head.assign(name_of(exchange.method)).append(" ").append(exchange.target);
  head.append(" HTTP/1.1\r\nHost: ");
  exchange.endpoint.append_authority(head);
  head.append("\r\n");
  for (const auto& [name, value] : exchange.headers) {
    if (!is_field_name(name) || !is_field_value(value)) {
      return fail(ErrorCode::invalid_argument,
                  "the header \"" + std::string(name) + "\" of a request is malformed");
    }
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (carries_body(exchange)) {
    head.append("Content-Length: ").append(std::to_string(exchange.body.size())).append("\r\n");
  }
  head.append("\r\n");
  return {};
}

}  // namespace aloft::http::internal
