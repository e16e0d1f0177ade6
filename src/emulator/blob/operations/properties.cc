// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/operations/properties.h"

#include <optional>

#include "emulator/wire/decimal.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

Outcome<std::optional<std::string>> parse_digest(const http::Headers& headers,
                                                 std::string_view name, std::size_t size_bytes,
                                                 Refusal refusal) {
  const auto field = headers.find(name);
  if (!field) return std::nullopt;
  auto bytes = base64_decode(*field);
  if (!bytes || bytes->size() != size_bytes) return refuse_header(refusal, name, *field);
  return bytes;
}

}  // namespace

Outcome<std::optional<std::string>> parse_md5(const http::Headers& headers, std::string_view name) {
  return parse_digest(headers, name, 16, Refusal::invalid_md5);
}

Outcome<std::optional<std::string>> parse_crc64(const http::Headers& headers,
                                                std::string_view name) {
  return parse_digest(headers, name, 8, Refusal::invalid_header_value);
}

Outcome<ContentProperties> parse_properties(const http::Headers& headers, StandardFields standard) {
  const auto field = [&](std::string_view ms_name, std::string_view name) {
    const auto value = headers.find(ms_name);
    if (value || standard == StandardFields::ignored) return std::string(value.value_or(""));
    return std::string(headers.get(name));
  };
  ContentProperties properties{
      .content_type = field("x-ms-blob-content-type", "Content-Type"),
      .content_encoding = field("x-ms-blob-content-encoding", "Content-Encoding"),
      .content_language = field("x-ms-blob-content-language", "Content-Language"),
      .content_disposition = std::string(headers.get("x-ms-blob-content-disposition")),
      .cache_control = field("x-ms-blob-cache-control", "Cache-Control"),
  };
  TRY(parse_md5(headers, "x-ms-blob-content-md5"));
  properties.content_md5 = headers.get("x-ms-blob-content-md5");
  if (properties.content_type.empty()) properties.content_type = "application/octet-stream";
  return properties;
}

Outcome<std::string> parse_access_tier(const http::Headers& headers) {
  const auto tier = headers.find("x-ms-access-tier");
  if (!tier) return std::string();
  for (const std::string_view known : {"Hot", "Cool", "Cold", "Archive"}) {
    if (*tier == known) return std::string(*tier);
  }
  return refuse_header(Refusal::invalid_header_value, "x-ms-access-tier", *tier);
}

Outcome<bool> parse_is_high_priority(const http::Headers& headers) {
  constexpr std::string_view kField = "x-ms-rehydrate-priority";
  const auto field = headers.find(kField);
  if (!field || http::equal_ignoring_case(*field, "Standard")) return false;
  if (http::equal_ignoring_case(*field, "High")) return true;
  return refuse_header(Refusal::invalid_header_value, kField, *field);
}

Outcome<Tags> parse_write_tags(const Call& call) {
  if (call.headers().contains("x-ms-tags") && !call.authority.may('t')) {
    return refuse(Refusal::authorization_permission_mismatch, "to set tags takes permission t");
  }
  return parse_tags_field(call.headers());
}

Outcome<std::optional<std::uint64_t>> parse_number(const http::Headers& headers,
                                                   std::string_view name) {
  const auto field = headers.find(name);
  if (!field) return std::nullopt;
  const auto number = parse_decimal<std::uint64_t>(*field);
  if (!number) return refuse_header(Refusal::invalid_header_value, name, *field);
  return number;
}

Outcome<std::optional<std::uint64_t>> parse_sequence_number(const http::Headers& headers) {
  constexpr std::string_view kField = "x-ms-blob-sequence-number";
  const auto number = TRY(parse_number(headers, kField));
  if (number && *number > kSequenceNumberMax) {
    return refuse_header(Refusal::invalid_header_value, kField, headers.get(kField));
  }
  return number;
}

Outcome<std::optional<std::uint64_t>> parse_page_blob_size(const http::Headers& headers) {
  constexpr std::string_view kField = "x-ms-blob-content-length";
  constexpr std::uint64_t kPageBytes = 512;
  constexpr std::uint64_t kPageBlobBytesMax = std::uint64_t{8} << 40;
  const auto size = TRY(parse_number(headers, kField));
  if (size && (*size % kPageBytes != 0 || *size > kPageBlobBytesMax)) {
    return refuse_header(Refusal::invalid_header_value, kField, headers.get(kField));
  }
  return size;
}

std::string_view type_name(BlobType type) {
  switch (type) {
    case BlobType::append:
      return "AppendBlob";
    case BlobType::page:
      return "PageBlob";
    case BlobType::block:
      break;
  }
  return "BlockBlob";
}

void add_metadata(http::Headers& headers, const Metadata& metadata) {
  for (const auto& [name, value] : metadata) headers.add("x-ms-meta-" + name, value);
}

void add_access_fields(http::Headers& headers, const AccessControl& access, bool is_directory) {
  headers.add("x-ms-resource-type", is_directory ? "directory" : "file");
  headers.add("x-ms-owner", access.owner);
  headers.add("x-ms-group", access.group);
  headers.add("x-ms-permissions", format_permissions(access));
  headers.add("x-ms-acl", format_acl(access.acl));
}

namespace {

void add_copy_fields(http::Headers& headers, const CopyState& copy, Seconds now) {
  headers.add("x-ms-copy-id", copy.id);
  headers.add("x-ms-copy-source", copy.source);
  headers.add("x-ms-copy-status", name_of(copy.status));
  headers.add("x-ms-copy-progress", progress_of(copy, now));
  const std::string_view description = description_of(copy);
  if (!description.empty()) headers.add("x-ms-copy-status-description", description);
  if (copy.status == CopyState::Status::pending) return;
  headers.add("x-ms-copy-completion-time", format_http_date(copy.completed_at));
}

}  // namespace

void add_blob_fields(http::Headers& headers, const Blob& blob, Seconds now) {
  const auto add = [&headers](std::string_view name, std::string_view value) {
    if (!value.empty()) headers.add(name, value);
  };
  add("Content-Type", blob.properties.content_type);
  add("Content-Encoding", blob.properties.content_encoding);
  add("Content-Language", blob.properties.content_language);
  add("Content-Disposition", blob.properties.content_disposition);
  add("Cache-Control", blob.properties.cache_control);
  headers.add("Accept-Ranges", "bytes");
  headers.add("x-ms-blob-type", type_name(blob.type));
  if (blob.type == BlobType::append) {
    headers.add("x-ms-blob-committed-block-count", std::to_string(blob.append_count));
    if (blob.is_sealed) headers.add("x-ms-blob-sealed", "true");
  }
  if (blob.type == BlobType::page) {
    headers.add("x-ms-blob-sequence-number", std::to_string(blob.sequence_number));
  }
  headers.add("x-ms-creation-time", format_http_date(blob.created_at));
  add_lease_fields(headers, blob.lease, now);
  headers.add("x-ms-server-encrypted", "true");
  if (!blob.tags.empty()) headers.add("x-ms-tag-count", std::to_string(blob.tags.size()));
  if (blob.copy) add_copy_fields(headers, *blob.copy, now);
  if (blob.access) add_access_fields(headers, *blob.access, blob.is_directory);
  add_metadata(headers, blob.metadata);
}

Outcome<std::uint64_t> body_length(const http::RequestBody& body, std::uint64_t length_bytes_max) {
  const auto length = body.length_bytes();
  if (!length) return refuse(Refusal::missing_content_length);
  if (*length > length_bytes_max) {
    ServiceError error = make_error(Refusal::request_body_too_large);
    error.details.emplace_back("MaxLimit", std::to_string(length_bytes_max));
    return refuse(std::move(error));
  }
  return *length;
}

Outcome<void> check_no_body(const http::RequestBody& body) {
  const auto length = body.length_bytes();
  if (length && *length == 0) return {};
  return refuse_header(Refusal::invalid_header_value, "Content-Length",
                       length ? std::to_string(*length) : "");
}

}  // namespace aloft::emulator::blob
