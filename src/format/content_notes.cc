// SPDX-License-Identifier: Apache-2.0
#include "format/content_notes.h"

#include <fmt/format.h>

#include <charconv>

#include "format/content_version.h"

namespace aloft::format {

namespace {

// "0123456789abcdef:VERSION": the checksum, and the content version that it is of.
constexpr std::string_view kChecksumKey = "aloft_crc64";
constexpr std::string_view kSparseKey = "aloft_sparse";
constexpr std::string_view kLinkKey = "aloft_link";
constexpr std::size_t kChecksumDigits = 16;

std::optional<std::uint64_t> parse_checksum(std::string_view note, std::string_view version) {
  if (note.size() <= kChecksumDigits || note[kChecksumDigits] != ':') return std::nullopt;
  if (note.substr(kChecksumDigits + 1) != version) return std::nullopt;
  std::uint64_t checksum = 0;
  const char* const end = note.data() + kChecksumDigits;
  const auto [stop, error] = std::from_chars(note.data(), end, checksum, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return checksum;
}

void set_or_erase(Metadata& metadata, std::string_view name, std::optional<std::string> value) {
  if (value) {
    metadata.insert_or_assign(std::string(name), std::move(*value));
  } else if (const auto found = metadata.find(name); found != metadata.end()) {
    metadata.erase(found);
  }
}

}  // namespace

ContentNotes decode_notes(const ObjectInfo& object) {
  ContentNotes notes;
  const auto checksum = object.metadata.find(kChecksumKey);
  // Append blobs grow with their metadata as it was, page blobs change in place.
  if (checksum != object.metadata.end() && object.kind == ObjectKind::block) {
    notes.crc64 = parse_checksum(checksum->second, content_version(object));
  }
  const auto sparse = object.metadata.find(kSparseKey);
  notes.sparse = sparse != object.metadata.end() && sparse->second == "true";
  const auto link = object.metadata.find(kLinkKey);
  if (link != object.metadata.end()) notes.link_group = link->second;
  return notes;
}

void encode_notes(const ContentNotes& notes, Metadata& metadata) {
  std::optional<std::string> checksum;
  if (notes.crc64) {
    checksum = fmt::format("{:016x}:{}", *notes.crc64, metadata.at(std::string(kContentKey)));
  }
  set_or_erase(metadata, kChecksumKey, std::move(checksum));
  set_or_erase(metadata, kSparseKey, notes.sparse ? std::optional("true") : std::nullopt);
  set_or_erase(metadata, kLinkKey,
               notes.link_group.empty() ? std::nullopt : std::optional(notes.link_group));
}

}  // namespace aloft::format
