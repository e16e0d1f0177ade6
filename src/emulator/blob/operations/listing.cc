// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/operations/listing.h"

#include <algorithm>
#include <charconv>

#include "emulator/wire/decimal.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

// Opaque on purpose: a client that builds or compares markers fails here as it would on Azure.
constexpr std::string_view kMarkerPrefix = "2!";

}  // namespace

Outcome<std::size_t> page_size(const Query& query) {
  const auto text = query.find("maxresults");
  if (!text) return kPageEntriesMax;
  const auto number = parse_decimal<long long>(*text);
  if (!number) return refuse_parameter(Refusal::invalid_query_parameter_value, "maxresults", *text);
  if (*number <= 0) {
    return refuse_parameter(Refusal::out_of_range_query_parameter_value, "maxresults", *text);
  }
  return std::min(static_cast<std::size_t>(*number), kPageEntriesMax);
}

// The key, a space, the name.
std::string make_marker(const ListPosition& position) {
  return std::string(kMarkerPrefix) +
         base64_encode(std::to_string(position.key) + " " + position.name);
}

Outcome<ListPosition> parse_marker(const Query& query) {
  const std::string_view marker = query.get("marker");
  ListPosition position;
  if (marker.empty()) return position;
  const auto text = marker.starts_with(kMarkerPrefix)
                        ? base64_decode(marker.substr(kMarkerPrefix.size()))
                        : std::nullopt;
  const char* const end = text ? text->data() + text->size() : nullptr;
  const auto parsed =
      text ? std::from_chars(text->data(), end, position.key)
           : std::from_chars_result{.ptr = nullptr, .ec = std::errc::invalid_argument};
  if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != ' ') {
    return refuse_parameter(Refusal::out_of_range_query_parameter_value, "marker", marker);
  }
  position.name.assign(parsed.ptr + 1, end);
  return position;
}

void open_results(XmlWriter& xml, const Call& call, const std::string& attributes) {
  const std::string endpoint = (call.request.over_tls ? "https://" : "http://") +
                               std::string(call.headers().get("Host")) + "/" + call.account.name +
                               "/";
  xml.open("EnumerationResults", " ServiceEndpoint=\"" + xml_escape(endpoint) + "\"" + attributes);
  for (const auto& [parameter, element] : {std::pair{"prefix", "Prefix"},
                                           {"marker", "Marker"},
                                           {"maxresults", "MaxResults"},
                                           {"delimiter", "Delimiter"}}) {
    const std::string_view value = call.query().get(parameter);
    if (!value.empty()) xml.element(element, value);
  }
}

http::Response xml_response(XmlWriter& xml) {
  http::Response response;
  response.headers.add("Content-Type", "application/xml");
  response.set_body(xml.take());
  return response;
}

}  // namespace aloft::emulator::blob
