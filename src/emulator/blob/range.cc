// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/range.h"

#include <charconv>
#include <limits>

namespace aloft::emulator::blob {

namespace {

struct Bounds {
  std::uint64_t first = 0;
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
};

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::optional<Bounds> parse_bounds(std::string_view text) {
  constexpr std::string_view kUnit = "bytes=";
  Bounds bounds;
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  if (!take_number(text, bounds.first) || !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  if (text.empty()) return bounds;
  if (!take_number(text, bounds.last) || !text.empty() || bounds.last < bounds.first) {
    return std::nullopt;
  }
  return bounds;
}

}  // namespace

ServiceError invalid_range(std::uint64_t size_bytes) {
  ServiceError error = make_error(Refusal::invalid_range);
  error.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size_bytes));
  return error;
}

Outcome<std::optional<Range>> requested_range(const http::Headers& headers,
                                              std::uint64_t size_bytes) {
  const std::string_view name = headers.contains("x-ms-range") ? "x-ms-range" : "Range";
  const auto field = headers.find(name);
  if (!field) return std::nullopt;
  const auto bounds = parse_bounds(*field);
  if (!bounds) return refuse_header(Refusal::invalid_header_value, name, *field);
  if (bounds->first >= size_bytes) return refuse(invalid_range(size_bytes));
  const std::uint64_t last = std::min(bounds->last, size_bytes - 1);
  return Range{.offset = bounds->first, .length_bytes = last - bounds->first + 1};
}

Outcome<Range> bounded_range(const http::Headers& headers) {
  const std::string_view name = headers.contains("x-ms-range") ? "x-ms-range" : "Range";
  const auto field = headers.find(name);
  if (!field) return refuse_header(Refusal::missing_required_header, name, {});
  const auto bounds = parse_bounds(*field);
  // Far above the size of any blob, so that sums of offsets do not wrap around.
  constexpr std::uint64_t kLastMax = std::uint64_t{1} << 62;
  if (!bounds || bounds->last > kLastMax) {
    return refuse_header(Refusal::invalid_header_value, name, *field);
  }
  return Range{.offset = bounds->first, .length_bytes = bounds->last - bounds->first + 1};
}

Outcome<Range> source_range(const http::Headers& headers, std::uint64_t size_bytes) {
  const auto field = headers.find("x-ms-source-range");
  if (!field) return Range{.offset = 0, .length_bytes = size_bytes};
  const auto bounds = parse_bounds(*field);
  if (!bounds || bounds->last == std::numeric_limits<std::uint64_t>::max()) {
    return refuse_header(Refusal::invalid_header_value, "x-ms-source-range", *field);
  }
  if (bounds->last >= size_bytes) return refuse(Refusal::invalid_range);
  return Range{.offset = bounds->first, .length_bytes = bounds->last - bounds->first + 1};
}

}  // namespace aloft::emulator::blob
