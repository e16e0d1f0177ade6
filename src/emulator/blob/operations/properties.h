// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/blob/blob.h"
#include "emulator/blob/call.h"
#include "emulator/blob/service_error.h"
#include "http/server.h"

namespace aloft::emulator::blob {

/// From the x-ms-blob-content-… fields. For Put Blob, where one of them is absent, the standard
/// field counts ("Content-Type"); an MD5 must be one.
enum class StandardFields { ignored, counted };
Outcome<ContentProperties> parse_properties(const http::Headers& headers, StandardFields standard);

/// Empty where x-ms-access-tier is absent; Hot, Cool, Cold or Archive.
Outcome<std::string> parse_access_tier(const http::Headers& headers);

/// From x-ms-rehydrate-priority; absent: no.
Outcome<bool> parse_is_high_priority(const http::Headers& headers);

/// "BlockBlob" and the like.
std::string_view type_name(BlobType type);

inline constexpr std::uint64_t kSequenceNumberMax = (std::uint64_t{1} << 63) - 1;
/// The decimal number in this field; nothing where it is absent.
Outcome<std::optional<std::uint64_t>> parse_number(const http::Headers& headers,
                                                   std::string_view name);
/// x-ms-blob-sequence-number.
Outcome<std::optional<std::uint64_t>> parse_sequence_number(const http::Headers& headers);
/// x-ms-blob-content-length: whole pages of 512 bytes, 8 TiB at most.
Outcome<std::optional<std::uint64_t>> parse_page_blob_size(const http::Headers& headers);
/// From x-ms-tags of a write, which a SAS must allow by permission t.
Outcome<Tags> parse_write_tags(const Call& call);

/// What every answer about a blob's content has: type, dates, kind, lease, copy state, metadata;
/// neither length nor MD5.
void add_blob_fields(http::Headers& headers, const Blob& blob, Seconds now);
/// x-ms-resource-type and who may do what, of a path in a hierarchical namespace.
void add_access_fields(http::Headers& headers, const AccessControl& access, bool is_directory);
void add_metadata(http::Headers& headers, const Metadata& metadata);

/// The base64 MD5 in this field, decoded; nothing where it is absent, invalid_md5 where it is none.
Outcome<std::optional<std::string>> parse_md5(const http::Headers& headers, std::string_view name);
Outcome<std::optional<std::string>> parse_crc64(const http::Headers& headers,
                                                std::string_view name);

/// Content-Length of a body that an operation needs. 411 where it is absent, 413 above the limit.
Outcome<std::uint64_t> body_length(const http::RequestBody& body, std::uint64_t length_bytes_max);

/// 400 where an operation without a body gets one.
Outcome<void> check_no_body(const http::RequestBody& body);

}  // namespace aloft::emulator::blob
