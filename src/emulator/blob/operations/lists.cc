// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include "emulator/blob/operations/blob_entries.h"
#include "emulator/blob/operations/listing.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/words.h"
#include "emulator/blob/xml.h"

namespace aloft::emulator::blob {

namespace {

/// The words of "include", each of which must be one of `known`.
Outcome<std::vector<std::string_view>> parse_include(const Query& query,
                                                     std::span<const std::string_view> known) {
  std::vector<std::string_view> words = split_words(query.get("include"));
  for (const std::string_view word : words) {
    if (std::ranges::find(known, word) != known.end()) continue;
    return refuse_parameter(Refusal::invalid_query_parameter_value, "include",
                            query.get("include"));
  }
  return words;
}

bool has(const std::vector<std::string_view>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
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
  if (container.public_access != PublicAccess::none) {
    xml.element("PublicAccess", name_of(container.public_access));
  }
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
  const std::string_view delimiter = query.get("delimiter");
  if (call.repository.settings().hierarchical_namespace && !delimiter.empty() && delimiter != "/") {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "delimiter", delimiter);
  }
  const std::size_t size = TRY(page_size(query));
  ListPosition from = TRY(parse_marker(query));
  return ListRequest{.prefix = query.get("prefix"),
                     .delimiter = delimiter,
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
  // Of policies there are none: asking for them is answered in full by what there is.
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
      "permissions",
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
                 .tags = has(include, "tags"),
                 .permissions = has(include, "permissions"),
                 .now = call.repository.now()});
  xml.element("NextMarker", page->next ? make_marker(*page->next) : "");
  xml.close("EnumerationResults");
  return xml_response(xml);
}

}  // namespace aloft::emulator::blob
