// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "emulator/blob/conditions.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/select.h"
#include "emulator/blob/page_ranges.h"
#include "emulator/blob/xml.h"
#include "emulator/wire/decimal.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::size_t kRangesMax = 10'000;

struct Paging {
  std::uint64_t from = 0;  ///< The first byte that is not listed yet.
  std::size_t ranges_max = std::numeric_limits<std::size_t>::max();
};

Outcome<std::optional<std::uint64_t>> number_of(const Query& query, std::string_view name) {
  const std::string_view text = query.get(name);
  if (text.empty()) return std::nullopt;
  const auto number = parse_decimal<std::uint64_t>(text);
  if (!number) return refuse_parameter(Refusal::invalid_query_parameter_value, name, text);
  return number;
}

/// Without maxresults and marker, the answer has all ranges, as before version 2020-10-02.
Outcome<Paging> parse_paging(const Query& query) {
  const auto count = TRY(number_of(query, "maxresults"));
  const auto marker = TRY(number_of(query, "marker"));
  Paging paging{.from = marker.value_or(0)};
  if (count == 0u) {
    return refuse_parameter(Refusal::out_of_range_query_parameter_value, "maxresults", "0");
  }
  if (count) paging.ranges_max = std::min<std::size_t>(*count, kRangesMax);
  return paging;
}

/// The snapshot to compare with, where the request wants a difference.
Outcome<std::shared_ptr<const Blob>> find_previous(Call& call, const Blob& now) {
  constexpr std::string_view kParameter = "prevsnapshot";
  if (call.headers().contains("x-ms-previous-snapshot-url")) {
    return refuse_header(Refusal::api_not_implemented, "x-ms-previous-snapshot-url", {});
  }
  const auto text = call.query().find(kParameter);
  if (!text) return nullptr;
  const auto stamp = parse_stamp(*text);
  if (!stamp) return refuse_parameter(Refusal::invalid_query_parameter_value, kParameter, *text);
  if (now.snapshot != 0 && *stamp > now.snapshot) {
    return refuse(Refusal::previous_snapshot_cannot_be_newer);
  }
  auto previous = call.repository.find_snapshot(call.target.container, call.target.blob, *stamp);
  if (!previous) return refuse(Refusal::previous_snapshot_not_found);
  if ((*previous)->type != BlobType::page || (*previous)->created_at != now.created_at) {
    return refuse(Refusal::blob_overwritten);
  }
  return std::move(*previous);
}

std::string page_list_document(const std::vector<PageRange>& ranges, const Paging& paging) {
  XmlWriter xml;
  xml.open("PageList");
  std::size_t count = 0;
  for (const PageRange& range : ranges) {
    if (count++ == paging.ranges_max) {
      xml.element("NextMarker", std::to_string(range.offset));
      break;
    }
    const char* const name = range.is_cleared ? "ClearRange" : "PageRange";
    xml.open(name);
    xml.element("Start", std::to_string(range.offset));
    xml.element("End", std::to_string(range.offset + range.length_bytes - 1));
    xml.close(name);
  }
  xml.close("PageList");
  return xml.take();
}

}  // namespace

Answer get_page_ranges(Call& call) {
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  const Paging paging = TRY(parse_paging(call.query()));
  const Selected selected = TRY(find_selected(call.repository, call.target));
  const Blob& blob = *selected.blob;
  if (blob.type != BlobType::page) return refuse(Refusal::invalid_blob_type);
  TRY(check_read(conditions, *resource_of(&blob)));
  const auto previous = TRY(find_previous(call, blob));
  // What a blob lost when it shrank is a difference, too.
  const std::uint64_t size_bytes =
      std::max(blob.size_bytes, previous ? previous->size_bytes : std::uint64_t{0});
  Range range{.offset = 0, .length_bytes = size_bytes};
  if (size_bytes > 0) {
    range = TRY(requested_range(call.headers(), size_bytes)).value_or(range);
  }
  const std::uint64_t end = range.offset + range.length_bytes;
  range.offset = std::clamp(paging.from, range.offset, end);
  range.length_bytes = end - range.offset;
  const auto ranges = previous ? changed_ranges(previous->extents, blob.extents, range)
                               : written_ranges(blob.extents, range);
  http::Response response = response_for(200, blob);
  response.headers.add("Content-Type", "application/xml");
  response.headers.add("x-ms-blob-content-length", std::to_string(blob.size_bytes));
  response.set_body(page_list_document(ranges, paging));
  return response;
}

}  // namespace aloft::emulator::blob
