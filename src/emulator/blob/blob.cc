// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/blob.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace aloft::emulator::blob {

namespace {

constexpr Stamp kTicksPerSecond = 10'000'000;
constexpr Stamp kUnixEpochSeconds = 62'135'596'800;
constexpr std::string_view kExample = "2026-11-21T03:30:00.1234567Z";
constexpr std::size_t kSecondsLength = 19;  // Of the example, up to the dot.

}  // namespace

std::string format_stamp(Stamp stamp) {
  const auto seconds = static_cast<std::int64_t>(stamp / kTicksPerSecond) -
                       static_cast<std::int64_t>(kUnixEpochSeconds);
  const std::string whole = format_iso_date(Seconds(std::chrono::seconds(seconds)));
  char fraction[16];
  std::snprintf(fraction, sizeof(fraction), ".%07lluZ",
                static_cast<unsigned long long>(stamp % kTicksPerSecond));
  return whole.substr(0, kSecondsLength) + fraction;
}

std::optional<Stamp> parse_stamp(std::string_view text) {
  if (text.size() != kExample.size() || text[kSecondsLength] != '.' || text.back() != 'Z') {
    return std::nullopt;
  }
  const auto seconds = parse_iso_date(std::string(text.substr(0, kSecondsLength)) + "Z");
  Stamp ticks = 0;
  const char* const end = text.data() + text.size() - 1;
  const auto parsed = std::from_chars(text.data() + kSecondsLength + 1, end, ticks);
  if (!seconds || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  const auto since_epoch = static_cast<Stamp>(seconds->time_since_epoch().count());
  return (since_epoch + kUnixEpochSeconds) * kTicksPerSecond + ticks;
}

std::string format_etag(EtagNumber etag) {
  std::array<char, 16> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), etag, 16);
  std::string text = "\"0x";
  for (const char* at = digits.data(); at != written.ptr; ++at) {
    text += *at >= 'a' ? static_cast<char>(*at - 'a' + 'A') : *at;
  }
  text += '"';
  return text;
}

std::string format_bare_etag(EtagNumber etag) {
  const std::string quoted = format_etag(etag);
  return quoted.substr(1, quoted.size() - 2);
}

std::vector<Slice> Blob::slices(std::uint64_t offset, std::uint64_t length_bytes) const {
  if (type != BlobType::block) return extents.slices(offset, length_bytes);
  std::vector<Slice> part;
  for (const Block& block : block_list()) {
    if (length_bytes == 0) break;
    if (offset >= block.size_bytes) {
      offset -= block.size_bytes;
      continue;
    }
    const std::uint64_t taken = std::min(length_bytes, block.size_bytes - offset);
    for (Slice& slice : sub_slices(block.slices, offset, taken)) part.push_back(std::move(slice));
    length_bytes -= taken;
    offset = 0;
  }
  CHECK(length_bytes == 0);
  return part;
}

}  // namespace aloft::emulator::blob
