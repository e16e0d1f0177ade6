// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/conditions.h"
#include "emulator/blob/operations/operations.h"
#include "emulator/blob/operations/properties.h"
#include "emulator/blob/operations/select.h"
#include "emulator/blob/range.h"
#include "emulator/blob/tier.h"
#include "emulator/wire/crc64.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

// Up to here what is not in memory is read before the answer begins, so that a bad disk becomes a
// proper error rather than a connection that breaks off.
constexpr std::uint64_t kReadAheadBytesMax = std::uint64_t{1} << 20;
constexpr std::uint64_t kRangeChecksumBytesMax = std::uint64_t{4} << 20;

class SliceSource final : public http::BodySource {
 public:
  explicit SliceSource(std::vector<Slice> slices) : reader_(std::move(slices)) {}
  Result<std::size_t> read(std::span<std::byte> buffer) override { return reader_.read(buffer); }

 private:
  SliceReader reader_;
};

/// Gives the response these bytes as its body, without copying those that are in memory.
Outcome<void> set_content(http::Response& response, std::vector<Slice> slices) {
  const std::uint64_t length_bytes = total_length(slices);
  response.body = memory_spans(slices);
  if (!response.body.empty() || length_bytes == 0) {
    response.keeps_alive = std::make_shared<const std::vector<Slice>>(std::move(slices));
    return {};
  }
  if (length_bytes <= kReadAheadBytesMax) {
    std::string bytes(static_cast<std::size_t>(length_bytes), '\0');
    TRY(as_outcome(SliceReader(std::move(slices)).read(std::as_writable_bytes(std::span(bytes)))));
    response.set_body(std::move(bytes));
    return {};
  }
  response.source = std::make_unique<SliceSource>(std::move(slices));
  response.source_length_bytes = length_bytes;
  return {};
}

bool wants(const http::Headers& headers, std::string_view name) {
  return http::equal_ignoring_case(headers.get(name), "true");
}

/// x-ms-range-get-content-md5 and -crc64: checksums of a range, made for this answer.
Outcome<void> add_range_checksums(Call& call, http::Response& response,
                                  const std::optional<Range>& range, const Blob& blob) {
  const bool md5_wanted = wants(call.headers(), "x-ms-range-get-content-md5");
  const bool crc64_wanted = wants(call.headers(), "x-ms-range-get-content-crc64");
  if (!md5_wanted && !crc64_wanted) return {};
  const std::string_view name =
      md5_wanted ? "x-ms-range-get-content-md5" : "x-ms-range-get-content-crc64";
  if ((md5_wanted && crc64_wanted) || !range || range->length_bytes > kRangeChecksumBytesMax) {
    return refuse_header(Refusal::invalid_header_value, name, call.headers().get(name));
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(range->length_bytes));
  SliceReader reader(blob.slices(range->offset, range->length_bytes));
  TRY(as_outcome(reader.read(bytes)));
  if (md5_wanted) {
    Md5 md5;
    md5.add(bytes);
    response.headers.add("Content-MD5", base64_encode(md5.finish()));
  } else {
    Crc64 crc64;
    crc64.add(bytes);
    response.headers.add("x-ms-content-crc64", base64_encode(crc64.bytes()));
  }
  return {};
}

/// A service SAS may say with which header fields its reader gets the blob.
void apply_sas_overrides(const Call& call, http::Headers& headers) {
  if (call.authority.kind != Authority::Kind::service_sas) return;
  constexpr std::pair<std::string_view, std::string_view> kOverrides[] = {
      {"rscc", "Cache-Control"},
      {"rscd", "Content-Disposition"},
      {"rsce", "Content-Encoding"},
      {"rscl", "Content-Language"},
      {"rsct", "Content-Type"}};
  for (const auto& [parameter, field] : kOverrides) {
    const std::string_view value = call.query().get(parameter);
    if (!value.empty()) headers.set(field, value);
  }
}

/// The state of the blob that is asked for, if the request's conditions on it hold.
Outcome<Selected> find_for_read(Call& call) {
  const Conditions conditions = TRY(parse_conditions(call.headers(), call.repository.now()));
  Selected selected = TRY(find_selected(call.repository, call.target));
  TRY(check_read(conditions, *resource_of(selected.blob.get())));
  return selected;
}

}  // namespace

Answer get_blob(Call& call) {
  const Selected selected = TRY(find_for_read(call));
  const Blob* const blob = selected.blob.get();
  TRY(check_not_archived(*blob, call.repository.now()));
  const auto range = TRY(requested_range(call.headers(), blob->size_bytes));
  http::Response response = response_for(range ? 206 : 200, *blob);
  add_blob_fields(response.headers, *blob, call.repository.now());
  add_version_fields(response.headers, selected);
  const std::string& md5 = blob->properties.content_md5;
  TRY(add_range_checksums(call, response, range, *blob));
  if (range) {
    response.headers.add("Content-Range",
                         "bytes " + std::to_string(range->offset) + "-" +
                             std::to_string(range->offset + range->length_bytes - 1) + "/" +
                             std::to_string(blob->size_bytes));
    if (!md5.empty()) response.headers.add("x-ms-blob-content-md5", md5);
  } else if (!md5.empty()) {
    response.headers.add("Content-MD5", md5);
  }
  apply_sas_overrides(call, response.headers);
  const Range part = range.value_or(Range{.offset = 0, .length_bytes = blob->size_bytes});
  TRY(set_content(response, blob->slices(part.offset, part.length_bytes)));
  return response;
}

Answer get_blob_properties(Call& call) {
  const Selected selected = TRY(find_for_read(call));
  const Blob* const blob = selected.blob.get();
  http::Response response = response_for(200, *blob);
  add_blob_fields(response.headers, *blob, call.repository.now());
  add_version_fields(response.headers, selected);
  if (blob->type == BlobType::block)
    add_tier_fields(response.headers, *blob, call.repository.now());
  if (!blob->properties.content_md5.empty()) {
    response.headers.add("Content-MD5", blob->properties.content_md5);
  }
  apply_sas_overrides(call, response.headers);
  response.head_length_bytes = blob->size_bytes;
  return response;
}

Answer get_blob_metadata(Call& call) {
  const Selected selected = TRY(find_for_read(call));
  const Blob* const blob = selected.blob.get();
  http::Response response = response_for(200, *blob);
  add_metadata(response.headers, blob->metadata);
  return response;
}

}  // namespace aloft::emulator::blob
