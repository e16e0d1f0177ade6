// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/names.h"

#include <algorithm>

#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

namespace {

constexpr std::size_t kBlobNameCharactersMax = 1024;
constexpr std::size_t kBlobNameSegmentsMax = 254;
constexpr std::size_t kBlockIdBytesMax = 64;
constexpr std::size_t kTreeDepthMax = 63;
constexpr std::size_t kMetadataBytesMax = 8 << 10;
constexpr std::string_view kMetadataPrefix = "x-ms-meta-";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_letter(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

/// Takes one character of UTF-8 off the front of `text`; -1 where there is none.
long take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  const std::size_t length = lead < 0x80             ? 1
                             : (lead & 0xe0) == 0xc0 ? 2
                             : (lead & 0xf0) == 0xe0 ? 3
                             : (lead & 0xf8) == 0xf0 ? 4
                                                     : 0;
  if (length == 0 || text.size() < length) return -1;
  long code = length == 1 ? static_cast<long>(lead) : static_cast<long>(lead & (0x7fu >> length));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return -1;
    code = (code << 6) | (byte(i) & 0x3f);
  }
  constexpr long kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return -1;
  text.remove_prefix(length);
  return code;
}

bool is_refused(long code) {
  const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool noncharacter = (code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code <= 0xfdef);
  return control || noncharacter || code == '\\';
}

bool is_metadata_name(std::string_view name) {
  return !name.empty() && !is_digit(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

}  // namespace

Outcome<void> check_container_name(std::string_view name) {
  if (name == "$root" || name == "$web" || name == "$logs") return {};
  if (name.size() < 3 || name.size() > 63) {
    return refuse(Refusal::out_of_range_input, "a container name has 3 to 63 characters");
  }
  const bool characters_fit =
      std::ranges::all_of(name, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
  if (!characters_fit || name.front() == '-' || name.back() == '-' ||
      name.find("--") != std::string_view::npos) {
    return refuse(Refusal::invalid_resource_name,
                  "a container name has lower-case letters, digits and single inner hyphens only");
  }
  return {};
}

Outcome<void> check_blob_name(std::string_view name) {
  std::size_t characters = 0;
  std::size_t segments = 1;
  long before = '/';
  for (std::string_view rest = name; !rest.empty(); ++characters) {
    const long code = take_character(rest);
    if (code < 0) return refuse(Refusal::invalid_uri, "the blob name is not UTF-8");
    if (is_refused(code)) {
      return refuse(Refusal::invalid_resource_name,
                    "the blob name has a control character, backslash or noncharacter");
    }
    if (code == '/') {
      ++segments;
      if (before == '.') break;
    }
    before = code;
  }
  if (before == '.') {
    return refuse(Refusal::invalid_resource_name,
                  "no segment of a blob name may end in a dot: clients and proxies drop it");
  }
  if (characters > kBlobNameCharactersMax || segments > kBlobNameSegmentsMax) {
    return refuse(Refusal::out_of_range_input,
                  "a blob name has at most 1,024 characters and 254 segments");
  }
  return {};
}

Outcome<std::string> tree_path(std::string_view name) {
  std::string path;
  std::size_t depth = 0;
  while (!name.empty()) {
    const std::size_t slash = std::min(name.find('/'), name.size());
    if (slash > 0) {
      if (!path.empty()) path += '/';
      path += name.substr(0, slash);
      ++depth;
    }
    name.remove_prefix(std::min(slash + 1, name.size()));
  }
  if (depth > kTreeDepthMax) {
    return refuse(Refusal::out_of_range_input, "a path has at most 63 segments");
  }
  return path;
}

Outcome<std::string> parse_block_id(std::string_view text) {
  auto id = base64_decode(text);
  if (!id || id->empty() || id->size() > kBlockIdBytesMax) {
    return refuse_parameter(Refusal::invalid_query_parameter_value, "blockid", text);
  }
  return std::move(*id);
}

Outcome<Metadata> parse_metadata(const http::Headers& headers) {
  Metadata metadata;
  std::size_t bytes = 0;
  for (const auto& [field, value] : headers) {
    if (field.size() < kMetadataPrefix.size() ||
        !http::equal_ignoring_case(field.substr(0, kMetadataPrefix.size()), kMetadataPrefix)) {
      continue;
    }
    const std::string_view name = field.substr(kMetadataPrefix.size());
    const bool repeated = std::ranges::any_of(
        metadata, [&](const auto& pair) { return http::equal_ignoring_case(pair.first, name); });
    const bool printable = std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; });
    if (!is_metadata_name(name) || repeated || !printable) {
      ServiceError error = make_error(Refusal::invalid_metadata);
      error.details.emplace_back("HeaderName", field);
      return refuse(std::move(error));
    }
    bytes += name.size() + value.size();
    metadata.emplace_back(name, value);
  }
  if (bytes > kMetadataBytesMax) return refuse(Refusal::metadata_too_large);
  return metadata;
}

}  // namespace aloft::emulator::blob
