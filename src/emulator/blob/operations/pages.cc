// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/receive.h"
#include "emulator/blob/operations/source.h"
#include "emulator/blob/range.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::uint64_t kPageBytes = 512;
constexpr std::uint64_t kPutPageBytesMax = std::uint64_t{4} << 20;

struct PageConditions {
  Conditions common{};
  std::optional<std::uint64_t> number_at_most{};
  std::optional<std::uint64_t> number_below{};
  std::optional<std::uint64_t> number{};
};

Outcome<PageConditions> parse_page_conditions(const http::Headers& headers, Seconds now) {
  PageConditions conditions;
  conditions.common = TRY(parse_conditions(headers, now));
  conditions.number_at_most = TRY(parse_number(headers, "x-ms-if-sequence-number-le"));
  conditions.number_below = TRY(parse_number(headers, "x-ms-if-sequence-number-lt"));
  conditions.number = TRY(parse_number(headers, "x-ms-if-sequence-number-eq"));
  return conditions;
}

Outcome<void> check_pages(const PageConditions& conditions, const Blob& current,
                          const Range& range) {
  if (current.type != BlobType::page) return refuse(Refusal::invalid_blob_type);
  TRY(check_write(conditions.common, resource_of(&current)));
  const std::uint64_t number = current.sequence_number;
  if ((conditions.number_at_most && number > *conditions.number_at_most) ||
      (conditions.number_below && number >= *conditions.number_below) ||
      (conditions.number && number != *conditions.number)) {
    return refuse(Refusal::sequence_number_condition_not_met);
  }
  if (range.offset + range.length_bytes > current.size_bytes) {
    return refuse(Refusal::invalid_page_range);
  }
  return {};
}

/// The range that is written: whole pages, and given in full.
Outcome<Range> page_range(const http::Headers& headers) {
  const Range range = TRY(bounded_range(headers));
  if (range.offset % kPageBytes != 0 || range.length_bytes % kPageBytes != 0) {
    return refuse(Refusal::invalid_page_range);
  }
  return range;
}

/// Writes the slices, or clears the range where there are none.
Answer write_pages(Call& call, const PageConditions& conditions, const Range& range,
                   const std::vector<Slice>& slices, http::Headers checksums) {
  const auto edit = [&](const Blob& current) -> Outcome<Repository::RangeEdit> {
    TRY(check_pages(conditions, current, range));
    return Repository::RangeEdit{.blob = current,
                                 .offset = range.offset,
                                 .length_bytes = range.length_bytes,
                                 .slices = slices};
  };
  const auto blob = TRY(call.repository.write_range(call.target.container, call.target.blob, edit));
  http::Response response = response_for_write(201, *blob);
  for (const auto& [name, value] : checksums) response.headers.add(name, value);
  response.headers.add("x-ms-blob-sequence-number", std::to_string(blob->sequence_number));
  return response;
}

}  // namespace

Answer put_page(Call& call) {
  const PageConditions conditions =
      TRY(parse_page_conditions(call.headers(), call.repository.now()));
  const Range range = TRY(page_range(call.headers()));
  const std::string_view write = call.headers().get("x-ms-page-write");
  if (http::equal_ignoring_case(write, "clear")) {
    TRY(check_no_body(call.request.body));
    return write_pages(call, conditions, range, {}, {});
  }
  if (!http::equal_ignoring_case(write, "update")) {
    return write.empty() ? refuse_header(Refusal::missing_required_header, "x-ms-page-write", {})
                         : refuse_header(Refusal::invalid_header_value, "x-ms-page-write", write);
  }
  const std::uint64_t length = TRY(body_length(call.request.body, kPutPageBytesMax));
  if (length != range.length_bytes) {
    return refuse_header(Refusal::invalid_header_value, "Content-Length", std::to_string(length));
  }
  const auto current = TRY(call.repository.find_blob(call.target.container, call.target.blob));
  TRY(check_pages(conditions, *current, range));
  const Received received = TRY(receive_body(call, kPutPageBytesMax, Checksum::as_sent));
  http::Headers checksums;
  add_checksum_fields(checksums, received);
  return write_pages(call, conditions, range, block_of({}, received.content).slices,
                     std::move(checksums));
}

Answer put_page_from_url(Call& call) {
  const PageConditions conditions =
      TRY(parse_page_conditions(call.headers(), call.repository.now()));
  const Range range = TRY(page_range(call.headers()));
  TRY(check_no_body(call.request.body));
  if (!http::equal_ignoring_case(call.headers().get("x-ms-page-write"), "update")) {
    return refuse_header(Refusal::invalid_header_value, "x-ms-page-write",
                         call.headers().get("x-ms-page-write"));
  }
  TRY(call.repository.find_blob(call.target.container, call.target.blob));
  const auto source = TRY(find_source(call, SourceTrust::source_only));
  const Range from = TRY(source_range(call.headers(), source.blob->size_bytes));
  if (from.length_bytes != range.length_bytes || range.length_bytes > kPutPageBytesMax) {
    return refuse_header(Refusal::invalid_header_value, "x-ms-source-range",
                         call.headers().get("x-ms-source-range"));
  }
  const std::vector<Slice> slices = source.blob->slices(from.offset, from.length_bytes);
  http::Headers checksums;
  TRY(check_source_checksums(call, slices, checksums));
  return write_pages(call, conditions, range, slices, std::move(checksums));
}

namespace {

/// What x-ms-sequence-number-action makes of the number.
Outcome<std::uint64_t> next_sequence_number(const http::Headers& headers, const Blob& current) {
  constexpr std::string_view kAction = "x-ms-sequence-number-action";
  const auto action = headers.find(kAction);
  const auto given = TRY(parse_sequence_number(headers));
  if (!action) {
    if (given) return refuse_header(Refusal::missing_required_header, kAction, {});
    return current.sequence_number;
  }
  if (http::equal_ignoring_case(*action, "increment") && !given) {
    if (current.sequence_number == kSequenceNumberMax) {
      return refuse(Refusal::sequence_number_increment_too_large);
    }
    return current.sequence_number + 1;
  }
  const bool largest = http::equal_ignoring_case(*action, "max");
  if (!given || (!largest && !http::equal_ignoring_case(*action, "update"))) {
    return refuse_header(Refusal::invalid_header_value, kAction, *action);
  }
  return largest ? std::max(*given, current.sequence_number) : *given;
}

}  // namespace

Answer set_page_blob_properties(Call& call, const ContentProperties* properties) {
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  const auto size = TRY(parse_page_blob_size(call.headers()));
  const auto edit = [&](const Blob& current) -> Outcome<Repository::RangeEdit> {
    if (current.type != BlobType::page) return refuse(Refusal::invalid_blob_type);
    TRY(check_write(conditions, resource_of(&current)));
    Blob changed = current;
    if (properties != nullptr) changed.properties = *properties;
    changed.copy.reset();
    changed.sequence_number = TRY(next_sequence_number(call.headers(), current));
    changed.size_bytes = size.value_or(current.size_bytes);
    // What a smaller blob loses is gone; it does not come back when the blob grows again.
    const std::uint64_t kept = std::min(changed.size_bytes, current.size_bytes);
    return Repository::RangeEdit{
        .blob = std::move(changed), .offset = kept, .length_bytes = current.size_bytes - kept};
  };
  const auto blob = TRY(call.repository.write_range(call.target.container, call.target.blob, edit));
  http::Response response = response_for(200, *blob);
  response.headers.add("x-ms-blob-sequence-number", std::to_string(blob->sequence_number));
  return response;
}

}  // namespace aloft::emulator::blob
