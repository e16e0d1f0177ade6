// SPDX-License-Identifier: Apache-2.0
#include "azure/names/blob_names.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace aloft::azure {
namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// `text` as it may stand in a message: what is not printable becomes "?".
std::string shown(std::string_view text) {
  constexpr std::size_t kLengthMax = 120;
  std::string out(text.substr(0, kLengthMax));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text.size() > kLengthMax ? out + "…" : out;
}

tl::unexpected<Error> refuse(std::string_view what, std::string_view name, std::string_view rule) {
  return fail(ErrorCode::invalid_argument, "Azure refuses the " + std::string(what) + " \"" +
                                               shown(name) + "\": " + std::string(rule));
}

constexpr std::uint32_t kNoCharacter = 0xffffffff;

/// Takes one character from the front of `text`; kNoCharacter where it is not well-formed UTF-8.
std::uint32_t take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc2 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0 || length > text.size()) return kNoCharacter;
  std::uint32_t character = length == 1 ? first : first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return kNoCharacter;
    character = character << 6 | (byte(i) & 0x3fu);
  }
  text.remove_prefix(length);
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  return character < kSmallest[length] || surrogate || character > 0x10ffff ? kNoCharacter
                                                                            : character;
}

Result<void> check_characters(std::string_view key) {
  std::size_t length = 0;
  for (std::string_view rest = key; !rest.empty();) {
    const std::uint32_t character = take_character(rest);
    if (character == kNoCharacter) return refuse("name", key, "it is not UTF-8");
    if (character < 0x20 || (character >= 0x7f && character < 0xa0) ||
        (character & 0xfffe) == 0xfffe) {
      return refuse("name", key, "it holds a control character");
    }
    if (character == '\\') return refuse("name", key, "it holds a backslash");
    length += character > 0xffff ? 2 : 1;
  }
  if (length > kKeyLengthMax) return refuse("name", key, "it has more than 1,024 characters");
  return {};
}

}  // namespace

Result<void> check_account_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 24 || !std::ranges::all_of(name, is_lower_or_digit)) {
    return refuse("account name", name, "it must be 3 to 24 lower-case letters and digits");
  }
  return {};
}

Result<void> check_container_name(std::string_view name) {
  if (name == "$root" || name == "$web" || name == "$logs") return {};
  const bool characters =
      std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || c == '-'; });
  if (name.size() < 3 || name.size() > 63 || !characters || name.front() == '-' ||
      name.back() == '-' || name.find("--") != std::string_view::npos) {
    return refuse("container name", name,
                  "it must be 3 to 63 lower-case letters, digits and single hyphens between them");
  }
  return {};
}

Result<void> check_key(std::string_view key) {
  if (key.empty()) return refuse("name", key, "it is empty");
  TRY(check_characters(key));
  std::size_t segments = 0;
  for (std::size_t start = 0; start <= key.size(); ++segments) {
    const std::size_t end = std::min(key.find('/', start), key.size());
    if (end > start && key[end - 1] == '.') {
      return refuse("name", key, "a part of it ends with \".\"");
    }
    start = end + 1;
  }
  if (segments > kKeySegmentsMax) return refuse("name", key, "it has more than 254 parts");
  return {};
}

Result<void> check_metadata_name(std::string_view name) {
  const bool starts = !name.empty() && (is_letter(name.front()) || name.front() == '_');
  const bool identifier = std::ranges::all_of(
      name, [](char c) { return is_letter(c) || c == '_' || (c >= '0' && c <= '9'); });
  if (!starts || !identifier) {
    return refuse("metadata name", name,
                  "it must be letters, digits and \"_\", and not start with a digit");
  }
  return {};
}

Result<void> check_metadata_value(std::string_view name, std::string_view value) {
  const bool printable = std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; });
  const bool blank_end = !value.empty() && (value.front() == ' ' || value.back() == ' ');
  if (!printable || blank_end) {
    return refuse("metadata value", value,
                  "the value of \"" + std::string(name) +
                      "\" must be printable ASCII without blanks at its ends");
  }
  return {};
}

}  // namespace aloft::azure
