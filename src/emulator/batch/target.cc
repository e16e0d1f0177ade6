// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/target.h"

#include "emulator/wire/dates.h"

namespace aloft::emulator::batch {

Outcome<Target> parse_target(std::string_view text) {
  Target target;
  const std::size_t question = std::min(text.find('?'), text.size());
  target.path = text.substr(0, question);
  auto query = parse_query(text.substr(std::min(question + 1, text.size())));
  if (!query || !target.path.starts_with('/')) {
    return refuse(Refusal::invalid_uri, "path or query are not encoded properly");
  }
  target.query = std::move(*query);
  std::string_view rest = target.path;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    auto segment = percent_decode(rest.substr(0, end), false);
    if (!segment) return refuse(Refusal::invalid_uri, "the path is not encoded properly");
    if (!segment->empty()) target.segments.push_back(std::move(*segment));
    rest.remove_prefix(end);
  }
  return target;
}

Outcome<ApiVersion> parse_api_version(const Query& query) {
  constexpr std::size_t kDateLength = 10;
  const auto text = query.find("api-version");
  if (!text) {
    return refuse_parameter(Refusal::missing_required_query_parameter, "api-version", {}, {});
  }
  const std::string_view date = text->substr(0, kDateLength);
  const std::string_view rest = text->substr(date.size());
  if (date.size() != kDateLength || !parse_iso_date(date) || !(rest.empty() || rest[0] == '.')) {
    return refuse_parameter(Refusal::unsupported_request_version, "api-version", *text,
                            "versions are dates, as 2025-06-01 or 2022-10-01.16.0");
  }
  return date < "2025" ? ApiVersion::v2022 : ApiVersion::v2025;
}

}  // namespace aloft::emulator::batch
