// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/names.h"

#include <algorithm>

#include "emulator/blob/words.h"
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
