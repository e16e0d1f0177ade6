// SPDX-License-Identifier: Apache-2.0
#include "object/azure/internal/blob_answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "object/azure/internal/native_access.h"

namespace aloft::internal {
namespace {

constexpr std::string_view kMetadataPrefix = "x-ms-meta-";

bool starts_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         http::equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

/// `length` digits of `text` at `offset`.
std::optional<int> digits(std::string_view text, std::size_t offset, std::size_t length) {
  const auto value = parse_decimal(text.substr(offset, length));
  return value ? std::optional(static_cast<int>(*value)) : std::nullopt;
}

std::optional<unsigned> month_of(std::string_view name) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto* const found = std::ranges::find(kMonths, name);
  if (found == kMonths.end()) return std::nullopt;
  return static_cast<unsigned>(found - kMonths.begin()) + 1;
}

}  // namespace

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) {
  // Fri, 21 Nov 2026 03:00:00 GMT
  if (text.size() != 29 || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' ||
      text[16] != ' ' || text[19] != ':' || text[22] != ':' || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const auto day = digits(text, 5, 2), year = digits(text, 12, 4);
  const auto hour = digits(text, 17, 2), minute = digits(text, 20, 2), second = digits(text, 23, 2);
  const auto month = month_of(text.substr(8, 3));
  if (!day || !month || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

std::optional<ObjectKind> parse_blob_type(std::string_view text) {
  if (text == "BlockBlob") return ObjectKind::block;
  if (text == "AppendBlob") return ObjectKind::append;
  if (text == "PageBlob") return ObjectKind::page;
  return std::nullopt;
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  const std::size_t hyphen = text.find('-');
  const std::size_t slash = text.find('/');
  if (hyphen == std::string_view::npos || slash == std::string_view::npos || slash < hyphen) {
    return std::nullopt;
  }
  const auto first = parse_decimal(text.substr(0, hyphen));
  const auto last = parse_decimal(text.substr(hyphen + 1, slash - hyphen - 1));
  const auto size = parse_decimal(text.substr(slash + 1));
  if (!first || !last || !size || *last < *first || *last >= *size) return std::nullopt;
  return ContentRange{.first = *first, .last = *last, .size_bytes = *size};
}

void show_resource_type(std::string_view type, Metadata& metadata) {
  if (type == "directory") metadata.insert_or_assign(std::string(kDirectoryKey), "true");
  if (type != "file") return;
  const auto claimed = metadata.find(kDirectoryKey);
  if (claimed != metadata.end()) metadata.erase(claimed);
}

std::optional<PutResult> parse_put_result(const http::Answer& answer) {
  const auto etag = answer.headers.find("ETag");
  const auto date = parse_http_date(answer.headers.get("Last-Modified"));
  if (!etag || etag->empty() || !date) return std::nullopt;
  return PutResult{.etag = std::string(*etag), .last_modified = *date};
}

std::optional<ObjectInfo> parse_object_info(std::string_view key, const http::Answer& answer) {
  const http::Headers& headers = answer.headers;
  const auto made = parse_put_result(answer);
  const auto kind = parse_blob_type(headers.get("x-ms-blob-type"));
  // The answer to a ranged read states the size behind the slash, and the length of the range.
  const auto range = parse_content_range(headers.get("Content-Range"));
  const auto size =
      range ? std::optional(range->size_bytes) : parse_decimal(headers.get("Content-Length"));
  if (!made || !kind || !size) return std::nullopt;
  ObjectInfo info{.key = std::string(key),
                  .size_bytes = *size,
                  .etag = made->etag,
                  .last_modified = made->last_modified,
                  .kind = *kind,
                  .access_tier = std::string(headers.get("x-ms-access-tier"))};
  info.properties = {
      .content_type = std::string(headers.get("Content-Type")),
      .content_encoding = std::string(headers.get("Content-Encoding")),
      .content_language = std::string(headers.get("Content-Language")),
      .content_disposition = std::string(headers.get("Content-Disposition")),
      .cache_control = std::string(headers.get("Cache-Control")),
      // A ranged answer may have the sum of the range under the plain name.
      .content_md5 = std::string(headers.get(range ? "x-ms-blob-content-md5" : "Content-MD5"))};
  for (const auto& [name, value] : headers) {
    if (!starts_ignoring_case(name, kMetadataPrefix)) continue;
    info.metadata.emplace(name.substr(kMetadataPrefix.size()), value);
  }
  show_resource_type(headers.get("x-ms-resource-type"), info.metadata);
  show_access(headers.get("x-ms-owner"), headers.get("x-ms-group"), headers.get("x-ms-permissions"),
              info.metadata);
  return info;
}

}  // namespace aloft::internal
