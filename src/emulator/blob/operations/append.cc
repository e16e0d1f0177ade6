// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/receive.h"
#include "emulator/blob/operations/source.h"
#include "emulator/blob/range.h"
#include "emulator/blob/request_fields.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::uint64_t kAppendsMax = 50'000;
// "Append Block": 4 MiB, and 100 MiB from this version on.
constexpr std::string_view kVersionOfLargeBlocks = "2022-11-02";

std::uint64_t block_bytes_max(const Call& call) {
  const auto properties = call.repository.index().service_properties();
  const std::string version = version_in_force(call.request, properties->default_version);
  return std::uint64_t{version >= kVersionOfLargeBlocks ? 100u : 4u} << 20;
}

struct AppendConditions {
  Conditions common{};
  std::optional<std::uint64_t> size_bytes_max{};
  std::optional<std::uint64_t> position{};
};

Outcome<AppendConditions> parse_append_conditions(const http::Headers& headers, Seconds now) {
  AppendConditions conditions;
  conditions.common = TRY(parse_conditions(headers, now));
  conditions.size_bytes_max = TRY(parse_number(headers, "x-ms-blob-condition-maxsize"));
  conditions.position = TRY(parse_number(headers, "x-ms-blob-condition-appendpos"));
  return conditions;
}

Outcome<void> check_append(const AppendConditions& conditions, const Blob& current,
                           std::uint64_t length_bytes) {
  if (current.type != BlobType::append) return refuse(Refusal::invalid_blob_type);
  TRY(check_write(conditions.common, resource_of(&current)));
  if (current.is_sealed) return refuse(Refusal::blob_is_sealed);
  if (conditions.position && *conditions.position != current.size_bytes) {
    return refuse(Refusal::append_position_condition_not_met);
  }
  if (conditions.size_bytes_max && current.size_bytes + length_bytes > *conditions.size_bytes_max) {
    return refuse(Refusal::max_blob_size_condition_not_met);
  }
  if (current.append_count >= kAppendsMax) {
    return refuse(Refusal::block_count_exceeds_limit, "an append blob has at most 50,000 blocks");
  }
  return {};
}

/// Adds the slices to the end; `response` gets the fields that the two ways of doing so share.
Answer append(Call& call, const AppendConditions& conditions, const std::vector<Slice>& slices,
              http::Headers checksums) {
  const std::uint64_t length_bytes = total_length(slices);
  const auto edit = [&](const Blob& current) -> Outcome<Repository::RangeEdit> {
    TRY(check_append(conditions, current, length_bytes));
    Repository::RangeEdit edited{.blob = current,
                                 .offset = current.size_bytes,
                                 .length_bytes = length_bytes,
                                 .slices = slices};
    edited.blob.size_bytes += length_bytes;
    ++edited.blob.append_count;
    return edited;
  };
  const auto blob = TRY(call.repository.write_range(call.target.container, call.target.blob, edit));
  http::Response response = response_for_write(201, *blob);
  for (const auto& [name, value] : checksums) response.headers.add(name, value);
  response.headers.add("x-ms-blob-append-offset", std::to_string(blob->size_bytes - length_bytes));
  response.headers.add("x-ms-blob-committed-block-count", std::to_string(blob->append_count));
  return response;
}

}  // namespace

Answer append_block(Call& call) {
  const AppendConditions conditions =
      TRY(parse_append_conditions(call.headers(), call.repository.now()));
  if (call.request.body.length_bytes() == 0) {
    return refuse_header(Refusal::invalid_header_value, "Content-Length", "0");
  }
  // Once before the body is sent for nothing, and again when it is there.
  const auto current = TRY(call.repository.find_blob(call.target.container, call.target.blob));
  TRY(check_append(conditions, *current, call.request.body.length_bytes().value_or(0)));
  const Received received = TRY(receive_body(call, block_bytes_max(call), Checksum::as_sent));
  http::Headers checksums;
  add_checksum_fields(checksums, received);
  return append(call, conditions, block_of({}, received.content).slices, std::move(checksums));
}

Answer append_block_from_url(Call& call) {
  const AppendConditions conditions =
      TRY(parse_append_conditions(call.headers(), call.repository.now()));
  TRY(check_no_body(call.request.body));
  TRY(call.repository.find_blob(call.target.container, call.target.blob));
  const auto source = TRY(find_source(call, SourceTrust::source_only));
  const Range range = TRY(source_range(call.headers(), source.blob->size_bytes));
  if (range.length_bytes == 0 || range.length_bytes > block_bytes_max(call)) {
    return refuse_header(Refusal::invalid_header_value, "x-ms-source-range",
                         call.headers().get("x-ms-source-range"));
  }
  const std::vector<Slice> slices = source.blob->slices(range.offset, range.length_bytes);
  http::Headers checksums;
  TRY(check_source_checksums(call, slices, checksums));
  return append(call, conditions, slices, std::move(checksums));
}

Answer seal_append_blob(Call& call) {
  const AppendConditions conditions =
      TRY(parse_append_conditions(call.headers(), call.repository.now()));
  const auto edit = [&](const Blob* current) -> Outcome<Blob> {
    if (current == nullptr) return refuse(Refusal::blob_not_found);
    if (current->type != BlobType::append) return refuse(Refusal::invalid_blob_type);
    TRY(check_write(conditions.common, resource_of(current)));
    if (conditions.position && *conditions.position != current->size_bytes) {
      return refuse(Refusal::append_position_condition_not_met);
    }
    Blob sealed = *current;
    sealed.is_sealed = true;
    return sealed;
  };
  const auto blob = TRY(call.repository.write_blob(call.target.container, call.target.blob,
                                                   Repository::Write::beside, edit));
  http::Response response = response_for(200, *blob);
  response.headers.add("x-ms-blob-sealed", "true");
  return response;
}

}  // namespace aloft::emulator::blob
