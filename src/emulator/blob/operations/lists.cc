// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <tuple>

#include "emulator/blob/operations/blob_entries.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/xml.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::size_t kPageEntriesMax = 5000;

Outcome<std::size_t> page_size(const Query& query) {
  const auto text = query.find("maxresults");
  if (!text) return kPageEntriesMax;
  long long number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "maxresults", *text);
  }
  if (number <= 0) {
    return refuse_parameter(Refusal::out_of_range_query_parameter_value, "maxresults", *text);
  }
  return std::min(static_cast<std::size_t>(number), kPageEntriesMax);
}

// Opaque on purpose: a client that builds or compares markers fails here as it would on Azure.
constexpr std::string_view kMarkerPrefix = "2!";

/// The key, a space, the name.
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

/// The words of "include", each of which must be one of `known`.
Outcome<std::vector<std::string_view>> parse_include(const Query& query,
                                                     std::span<const std::string_view> known) {
  std::vector<std::string_view> words;
  for (std::string_view rest = query.get("include"); !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view word = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (std::ranges::find(known, word) == known.end()) {
      return refuse_parameter(Refusal::invalid_query_parameter_value, "include",
                              query.get("include"));
    }
    words.push_back(word);
  }
  return words;
}

bool has(const std::vector<std::string_view>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
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

void write_container(XmlWriter& xml, const Container& container, bool with_metadata, Seconds now) {
  xml.open("Container");
  xml.element("Name", container.name);
  if (container.deletion) {
    xml.element("Deleted", "true");
    xml.element("Version", format_deleted_version(container.deleted_version));
  }
  xml.open("Properties");
  xml.element("Last-Modified", format_http_date(container.modified_at));
  xml.element("Etag", format_etag(container.etag));
  write_lease(xml, container.lease, now);
  xml.element("DefaultEncryptionScope", "$account-encryption-key");
  xml.element("DenyEncryptionScopeOverride", "false");
  xml.element("HasImmutabilityPolicy", "false");
  xml.element("HasLegalHold", "false");
  if (container.deletion) write_deletion(xml, *container.deletion, now);
  xml.close("Properties");
  if (with_metadata) write_metadata(xml, container.metadata);
  xml.close("Container");
}

/// One more than a page of those that are there and, where asked, those that were deleted; in the
/// order of their names.
std::vector<std::shared_ptr<const Container>> find_containers(const Call& call,
                                                              const ListPosition& from,
                                                              std::size_t count, bool deleted) {
  const std::string_view prefix = call.query().get("prefix");
  auto found = call.repository.index().list_containers(prefix, from.name, count);
  if (!deleted) return found;
  for (auto& container : call.repository.index().deleted_containers()) {
    if (container->name.starts_with(prefix)) found.push_back(std::move(container));
  }
  const auto place = [](const Container& container) {
    return std::tie(container.name, container.deleted_version);
  };
  std::ranges::sort(found, {}, [&](const auto& container) { return place(*container); });
  std::erase_if(found, [&](const auto& container) {
    return place(*container) < std::tie(from.name, from.key);
  });
  if (found.size() > count) found.resize(count);
  return found;
}

}  // namespace

Answer list_containers(Call& call) {
  constexpr std::string_view kInclude[] = {"metadata", "deleted", "system"};
  const std::size_t size = TRY(page_size(call.query()));
  const ListPosition from = TRY(parse_marker(call.query()));
  const auto include = TRY(parse_include(call.query(), kInclude));
  const auto containers = find_containers(call, from, size + 1, has(include, "deleted"));
  XmlWriter xml;
  open_results(xml, call, {});
  xml.open("Containers");
  for (std::size_t i = 0; i < std::min(size, containers.size()); ++i) {
    write_container(xml, *containers[i], has(include, "metadata"), call.repository.now());
  }
  xml.close("Containers");
  std::string marker;
  if (containers.size() > size) {
    const Container& next = *containers[size];
    marker = make_marker({.name = next.name, .key = next.deleted_version});
  }
  xml.element("NextMarker", marker);
  xml.close("EnumerationResults");
  return xml_response(xml);
}

namespace {

Outcome<ListRequest> parse_list_request(const Call& call,
                                        const std::vector<std::string_view>& include) {
  const Query& query = call.query();
  if (has(include, "snapshots") && !query.get("delimiter").empty()) {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "include",
                            query.get("include"));
  }
  for (const std::string_view name : {"showonly", "startfrom", "endbefore"}) {
    if (query.contains(name)) {
      return refuse_parameter(Refusal::api_not_implemented, name, query.get(name));
    }
  }
  const std::size_t size = TRY(page_size(query));
  ListPosition from = TRY(parse_marker(query));
  return ListRequest{.prefix = query.get("prefix"),
                     .delimiter = query.get("delimiter"),
                     .from = std::move(from),
                     .entries_max = size,
                     .uncommitted = has(include, "uncommittedblobs"),
                     .snapshots = has(include, "snapshots"),
                     .versions = has(include, "versions"),
                     .deleted = has(include, "deleted"),
                     .deleted_with_versions = has(include, "deletedwithversions")};
}

}  // namespace

Answer list_blobs(Call& call) {
  // Of tags and policies there are none: asking for them is answered in full by what there is.
  constexpr std::string_view kInclude[] = {
      "metadata",
      "uncommittedblobs",
      "copy",
      "snapshots",
      "deleted",
      "versions",
      "tags",
      "legalhold",
      "immutabilitypolicy",
      "deletedwithversions",
  };
  const auto include = TRY(parse_include(call.query(), kInclude));
  const ListRequest request = TRY(parse_list_request(call, include));
  const auto page = call.repository.index().list_blobs(call.target.container, request);
  if (!page) return refuse(Refusal::container_not_found);
  XmlWriter xml;
  open_results(xml, call, " ContainerName=\"" + xml_escape(call.target.container) + "\"");
  write_entries(xml, *page,
                {.metadata = has(include, "metadata"),
                 .copy = has(include, "copy"),
                 .now = call.repository.now()});
  xml.element("NextMarker", page->next ? make_marker(*page->next) : "");
  xml.close("EnumerationResults");
  return xml_response(xml);
}

}  // namespace aloft::emulator::blob
