// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/conditions.h"

#include <algorithm>
#include <cstdio>

namespace aloft::emulator::batch {

namespace {

/// Whether one of the comma-separated ETags, with or without quotation marks, is this one.
bool matches(std::string_view etags, std::string_view etag) {
  while (!etags.empty()) {
    const std::size_t end = std::min(etags.find(','), etags.size());
    std::string_view one = etags.substr(0, end);
    etags.remove_prefix(std::min(end + 1, etags.size()));
    while (one.starts_with(' ') || one.starts_with('"')) one.remove_prefix(1);
    while (one.ends_with(' ') || one.ends_with('"')) one.remove_suffix(1);
    if (one == etag || one == "*") return true;
  }
  return false;
}

Outcome<std::optional<Seconds>> date_in(const http::Headers& headers, std::string_view name) {
  const auto text = headers.find(name);
  if (!text) return std::nullopt;
  const auto date = parse_http_date(*text);
  if (!date) return refuse_header(Refusal::invalid_header_value, name, *text);
  return date;
}

}  // namespace

std::string format_etag(Version version) {
  char text[24];
  const int length =
      std::snprintf(text, sizeof(text), "0x%llX",
                    static_cast<unsigned long long>(version.modified.time_since_epoch().count()));
  return std::string(text, static_cast<std::size_t>(length));
}

Outcome<void> check_conditions(const http::Headers& headers, Version version, bool is_read) {
  const auto match = headers.find("If-Match");
  const auto none_match = headers.find("If-None-Match");
  const auto since = TRY(date_in(headers, "If-Modified-Since"));
  const auto until = TRY(date_in(headers, "If-Unmodified-Since"));
  if ((match && none_match) || (since && until)) {
    return refuse(Refusal::multiple_condition_headers);
  }
  const std::string etag = format_etag(version);
  const auto modified = std::chrono::floor<std::chrono::seconds>(version.modified);
  if ((match && !matches(*match, etag)) || (until && modified > *until)) {
    return refuse(Refusal::condition_not_met);
  }
  if ((none_match && matches(*none_match, etag)) || (since && modified <= *since)) {
    return refuse(is_read ? Refusal::not_modified : Refusal::condition_not_met);
  }
  return {};
}

}  // namespace aloft::emulator::batch
