// SPDX-License-Identifier: Apache-2.0
#include "azure/service_error.h"

#include <algorithm>
#include <charconv>

namespace aloft::azure {

Meaning meaning_of_status(int status) {
  switch (status) {
    case 401:
    case 403:
      return {ErrorCode::permission_denied,
              "the credential does not allow it; check the account's key, role or SAS"};
    case 404:
      return {ErrorCode::not_found, "it does not exist"};
    case 409:
    case 412:
    case 304:
      return {ErrorCode::precondition_failed, "its present state does not allow it"};
    case 408:
      return {ErrorCode::unavailable, "the service took too long"};
    case 429:
    case 503:
      return {ErrorCode::throttled, "the service asks to slow down"};
    case 501:
      return {ErrorCode::unsupported, "the service does not do it"};
    default:
      break;
  }
  if (status >= 500) return {ErrorCode::unavailable, "the service has a passing fault"};
  if (status >= 400) return {ErrorCode::invalid_argument, "the service refuses the request"};
  return {ErrorCode::corrupt, "the service gave an answer that makes no sense"};
}

std::chrono::milliseconds retry_after(const http::Headers& headers) {
  using std::chrono::milliseconds;
  constexpr milliseconds kLongest = std::chrono::hours(1);
  const auto time = [&](std::string_view name, milliseconds unit) {
    const std::string_view text = headers.get(name);
    std::uint32_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc() ? std::min(value * unit, kLongest) : milliseconds(0);
  };
  for (const char* name : {"x-ms-retry-after-ms", "retry-after-ms"}) {
    if (headers.contains(name)) return time(name, milliseconds(1));
  }
  return time("Retry-After", std::chrono::seconds(1));
}

}  // namespace aloft::azure
