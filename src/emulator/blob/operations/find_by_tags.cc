// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "emulator/blob/operations/listing.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/tags.h"

namespace aloft::emulator::blob {

namespace {

/// The blobs whose tags fulfil the condition, by container and name, one page of them.
class TagSearch {
 public:
  TagSearch(const Index& index, TagFilter filter, std::size_t entries_max)
      : index_(index), filter_(std::move(filter)), entries_max_(entries_max) {}

  struct Place {
    std::string container{};
    std::string name{};
  };
  struct Entry {
    std::string container;
    std::shared_ptr<const Blob> blob;
  };

  /// Looks in one container from this name on; false once the page is full, which next() then says.
  bool search(const std::string& container, std::string name) {
    for (;;) {
      const auto page = index_.list_blobs(container, {.from = {.name = std::move(name)}});
      if (!page) return true;
      for (const ListEntry& entry : page->entries) {
        if (!entry.blob || entry.blob->tags.empty() ||
            !filter_.matches(container, entry.blob->tags)) {
          continue;
        }
        if (entries_.size() == entries_max_) {
          next_ = Place{.container = container, .name = entry.name};
          return false;
        }
        entries_.push_back({.container = container, .blob = entry.blob});
      }
      if (!page->next) return true;
      name = page->next->name;
    }
  }

  /// As above, in all containers from the place on.
  void search_all(Place from) {
    constexpr std::size_t kContainersAtOnce = 1000;
    for (;;) {
      const auto containers = index_.list_containers({}, from.container, kContainersAtOnce);
      for (const auto& container : containers) {
        const bool is_first = container->name == from.container;
        if (!search(container->name, is_first ? from.name : std::string())) return;
      }
      if (containers.size() < kContainersAtOnce) return;
      // No container's name comes between.
      from = {.container = containers.back()->name + '\0'};
    }
  }

  const TagFilter& filter() const { return filter_; }
  const std::vector<Entry>& entries() const { return entries_; }
  const std::optional<Place>& next() const { return next_; }

 private:
  const Index& index_;
  const TagFilter filter_;
  const std::size_t entries_max_;
  std::vector<Entry> entries_;
  std::optional<Place> next_;
};

std::string marker_of(const std::optional<TagSearch::Place>& place) {
  return place ? make_marker({.name = place->container + "/" + place->name}) : std::string();
}

Outcome<TagSearch::Place> parse_place(const Query& query) {
  const std::string place = TRY(parse_marker(query)).name;
  const std::size_t slash = std::min(place.find('/'), place.size());
  return TagSearch::Place{.container = place.substr(0, slash),
                          .name = place.substr(std::min(slash + 1, place.size()))};
}

Answer answer_search(const Call& call, const TagSearch& search) {
  XmlWriter xml;
  open_results(xml, call, {});
  xml.element("Where", call.query().get("where"));
  xml.open("Blobs");
  for (const auto& [container, blob] : search.entries()) {
    xml.open("Blob");
    xml.element("Name", blob->name);
    xml.element("ContainerName", container);
    write_tags(xml, search.filter().named_of(blob->tags));
    xml.close("Blob");
  }
  xml.close("Blobs");
  xml.element("NextMarker", marker_of(search.next()));
  xml.close("EnumerationResults");
  return xml_response(xml);
}

Outcome<TagFilter> parse_where(const Call& call) {
  const auto where = call.query().find("where");
  if (!where) return refuse_parameter(Refusal::missing_required_query_parameter, "where", {});
  auto filter = TagFilter::parse(*where, TagFilter::Grammar::search);
  if (filter) return filter;
  ServiceError error = make_error(Refusal::invalid_query_parameter_value);
  error.details = filter.error().details;
  error.details.emplace_back("QueryParameterName", "where");
  error.details.emplace_back("QueryParameterValue", *where);
  return refuse(std::move(error));
}

}  // namespace

Answer find_blobs_by_tags(Call& call) {
  TagFilter filter = TRY(parse_where(call));
  const std::size_t size = TRY(page_size(call.query()));
  TagSearch::Place from = TRY(parse_place(call.query()));
  TagSearch search(call.repository.index(), std::move(filter), size);
  if (call.target.level() == Level::account) {
    search.search_all(std::move(from));
  } else {
    TRY(call.repository.find_container(call.target.container));
    search.search(call.target.container, std::move(from.name));
  }
  return answer_search(call, search);
}

}  // namespace aloft::emulator::blob
