// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

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

std::string bare_etag(EtagNumber etag) {
  const std::string quoted = format_etag(etag);
  return quoted.substr(1, quoted.size() - 2);
}

void write_metadata(XmlWriter& xml, const Metadata& metadata) {
  xml.open("Metadata");
  for (const auto& [name, value] : metadata) xml.element(name, value);
  xml.close("Metadata");
}

void open_results(XmlWriter& xml, const Call& call, const std::string& attributes) {
  const std::string endpoint =
      "http://" + std::string(call.headers().get("Host")) + "/" + call.account.name + "/";
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

void write_lease(XmlWriter& xml, const std::optional<Lease>& lease, Seconds now) {
  const LeaseState state = state_of(lease, now);
  xml.element("LeaseStatus", status_of(state));
  xml.element("LeaseState", name_of(state));
  if (state == LeaseState::leased) {
    xml.element("LeaseDuration", lease->duration_s ? "fixed" : "infinite");
  }
}

void write_container(XmlWriter& xml, const Container& container, bool with_metadata, Seconds now) {
  xml.open("Container");
  xml.element("Name", container.name);
  xml.open("Properties");
  xml.element("Last-Modified", format_http_date(container.modified_at));
  xml.element("Etag", format_etag(container.etag));
  write_lease(xml, container.lease, now);
  xml.element("DefaultEncryptionScope", "$account-encryption-key");
  xml.element("DenyEncryptionScopeOverride", "false");
  xml.element("HasImmutabilityPolicy", "false");
  xml.element("HasLegalHold", "false");
  xml.close("Properties");
  if (with_metadata) write_metadata(xml, container.metadata);
  xml.close("Container");
}

void write_copy_state(XmlWriter& xml, const Blob& blob) {
  const std::string size = std::to_string(blob.size_bytes);
  xml.element("CopyId", blob.copy->id);
  xml.element("CopyStatus", "success");
  xml.element("CopySource", blob.copy->source);
  xml.element("CopyProgress", size + "/" + size);
  xml.element("CopyCompletionTime", format_http_date(blob.copy->completed_at));
}

struct BlobListing {
  Seconds now{};  ///< Leases end.
  bool metadata = false;
  bool copy = false;
};

void write_blob(XmlWriter& xml, const Blob& blob, const BlobListing& listing) {
  xml.open("Blob");
  xml.element("Name", blob.name);
  xml.open("Properties");
  xml.element("Creation-Time", format_http_date(blob.created_at));
  xml.element("Last-Modified", format_http_date(blob.modified_at));
  xml.element("Etag", bare_etag(blob.etag));
  xml.element("Content-Length", std::to_string(blob.size_bytes));
  xml.element("Content-Type", blob.properties.content_type);
  xml.element("Content-Encoding", blob.properties.content_encoding);
  xml.element("Content-Language", blob.properties.content_language);
  xml.element("Content-MD5", blob.properties.content_md5);
  xml.element("Cache-Control", blob.properties.cache_control);
  xml.element("Content-Disposition", blob.properties.content_disposition);
  xml.element("BlobType", "BlockBlob");
  xml.element("AccessTier", blob.access_tier.empty() ? "Hot" : blob.access_tier);
  if (blob.access_tier.empty()) xml.element("AccessTierInferred", "true");
  write_lease(xml, blob.lease, listing.now);
  if (listing.copy && blob.copy) write_copy_state(xml, blob);
  xml.element("ServerEncrypted", "true");
  xml.close("Properties");
  if (listing.metadata) write_metadata(xml, blob.metadata);
  xml.close("Blob");
}

/// A name that only has staged blocks: it is listed, but has no content yet.
void write_uncommitted(XmlWriter& xml, std::string_view name) {
  xml.open("Blob");
  xml.element("Name", name);
  xml.open("Properties");
  xml.element("Content-Length", "0");
  xml.element("BlobType", "BlockBlob");
  xml.element("LeaseStatus", "unlocked");
  xml.element("LeaseState", "available");
  xml.element("ServerEncrypted", "true");
  xml.close("Properties");
  xml.close("Blob");
}

// Blobs and prefixes interleaved in the order of their names, as the service sends them.
void write_entries(XmlWriter& xml, const ListPage& page, const BlobListing& listing) {
  xml.open("Blobs");
  for (const ListEntry& entry : page.entries) {
    if (entry.is_prefix) {
      xml.open("BlobPrefix");
      xml.element("Name", entry.name);
      xml.close("BlobPrefix");
    } else if (entry.blob) {
      write_blob(xml, *entry.blob, listing);
    } else {
      write_uncommitted(xml, entry.name);
    }
  }
  xml.close("Blobs");
}

}  // namespace

Answer list_containers(Call& call) {
  constexpr std::string_view kInclude[] = {"metadata", "deleted", "system"};
  const std::size_t size = TRY(page_size(call.query()));
  const ListPosition from = TRY(parse_marker(call.query()));
  const auto include = TRY(parse_include(call.query(), kInclude));
  const auto containers =
      call.repository.index().list_containers(call.query().get("prefix"), from.name, size + 1);
  XmlWriter xml;
  open_results(xml, call, {});
  xml.open("Containers");
  for (std::size_t i = 0; i < std::min(size, containers.size()); ++i) {
    write_container(xml, *containers[i], has(include, "metadata"), call.repository.now());
  }
  xml.close("Containers");
  xml.element("NextMarker",
              containers.size() > size ? make_marker({.name = containers[size]->name}) : "");
  xml.close("EnumerationResults");
  return xml_response(xml);
}

Answer list_blobs(Call& call) {
  // Of snapshots, versions, deleted blobs, tags and policies there are none: asking for them is
  // answered in full by what there is.
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
  const Query& query = call.query();
  const std::size_t size = TRY(page_size(query));
  ListPosition from = TRY(parse_marker(query));
  const auto include = TRY(parse_include(query, kInclude));
  if (has(include, "snapshots") && !query.get("delimiter").empty()) {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "include",
                            query.get("include"));
  }
  for (const std::string_view name : {"showonly", "startfrom", "endbefore"}) {
    if (query.contains(name)) {
      return refuse_parameter(Refusal::api_not_implemented, name, query.get(name));
    }
  }
  const auto page = call.repository.index().list_blobs(
      call.target.container, {.prefix = query.get("prefix"),
                              .delimiter = query.get("delimiter"),
                              .from = std::move(from),
                              .entries_max = size,
                              .uncommitted = has(include, "uncommittedblobs")});
  if (!page) return refuse(Refusal::container_not_found);
  XmlWriter xml;
  open_results(xml, call, " ContainerName=\"" + xml_escape(call.target.container) + "\"");
  write_entries(xml, *page,
                {.now = call.repository.now(),
                 .metadata = has(include, "metadata"),
                 .copy = has(include, "copy")});
  xml.element("NextMarker", page->next ? make_marker(*page->next) : "");
  xml.close("EnumerationResults");
  return xml_response(xml);
}

}  // namespace aloft::emulator::blob
