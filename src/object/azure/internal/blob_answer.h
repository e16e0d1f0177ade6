// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/exchange.h"
#include "object/object_store.h"

namespace aloft::internal {

/// "Fri, 21 Nov 2026 03:00:00 GMT", and nothing else.
std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);

/// A decimal number without sign.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// "BlockBlob" and its like.
std::optional<ObjectKind> parse_blob_type(std::string_view text);

/// Where a part of a blob lies: "bytes 0-9/100".
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t size_bytes = 0;
};
std::optional<ContentRange> parse_content_range(std::string_view text);

/// The properties and metadata of a blob from the headers of an answer about it. Nothing where a
/// header is missing or makes no sense.
std::optional<ObjectInfo> parse_object_info(std::string_view key, const http::Answer& answer);

/// Whether it is a directory or a file is for an account with a hierarchical namespace to say, so
/// that its word ("directory", "file"; nothing in other accounts) beats what the metadata have.
void show_resource_type(std::string_view type, Metadata& metadata);

/// Etag and date of what a write made.
std::optional<PutResult> parse_put_result(const http::Answer& answer);

}  // namespace aloft::internal
