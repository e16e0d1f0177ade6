// SPDX-License-Identifier: Apache-2.0
#include "format/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>

namespace aloft::format {
namespace {

constexpr std::string_view kForeignPrefix = "%=";

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

/// One character at the front of a text; `valid` is false for a byte that starts none.
struct Character {
  std::uint32_t code_point = 0;
  std::size_t size_bytes = 1;
  bool valid = false;
};

Character first_character(std::string_view text) {
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size_bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size_bytes) return {};
  std::uint32_t code_point = lead & (0x7Fu >> size_bytes);
  for (std::size_t i = 1; i < size_bytes; ++i) {
    if ((byte_at(text, i) & 0xC0) != 0x80) return {};
    code_point = code_point << 6 | (byte_at(text, i) & 0x3Fu);
  }
  const std::uint32_t smallest = size_bytes == 4 ? 0x10000 : size_bytes == 3 ? 0x800 : 0x80;
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < smallest || code_point > 0x10FFFF || surrogate) return {};
  return {code_point, size_bytes, true};
}

/// Characters that the service refuses, that XML cannot carry, or that clients turn into others.
bool is_unsafe(const Character& character) {
  const std::uint32_t c = character.code_point;
  return !character.valid || c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == '\\' ||
         (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that "%XX" at the front of `text` stands for, if it is one that an escape may be.
std::optional<char> escaped_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const int high = hex_digit(text[1]);
  const int low = hex_digit(text[2]);
  if (high < 0 || low < 0) return std::nullopt;
  const int byte = high * 16 + low;
  const bool ours =
      (byte > 0 && byte < 0x20) || byte >= 0x7F || byte == '\\' || byte == '.' || byte == '%';
  if (!ours) return std::nullopt;
  return static_cast<char>(byte);
}

void append_escaped(std::string& out, std::string_view bytes) {
  for (const char c : bytes)
    fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<std::uint8_t>(c));
}

bool has_reserved_prefix(std::string_view name) {
  return name.starts_with(kForeignPrefix) || name.starts_with(kShadowedPrefix);
}

std::string escape(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (std::size_t at = 0; at < name.size();) {
    const std::string_view rest = name.substr(at);
    const Character character = first_character(rest);
    const std::string_view bytes = rest.substr(0, character.size_bytes);
    const bool final_dot = rest == ".";
    const bool reserved = at == 0 && has_reserved_prefix(name);
    if (is_unsafe(character) || final_dot || reserved || escaped_byte(rest)) {
      append_escaped(out, bytes);
    } else {
      out += bytes;
    }
    at += character.size_bytes;
  }
  return out;
}

std::string unescape(std::string_view component) {
  std::string out;
  out.reserve(component.size());
  for (std::size_t at = 0; at < component.size();) {
    if (const auto byte = escaped_byte(component.substr(at))) {
      out += *byte;
      at += 3;
    } else {
      out += component[at++];
    }
  }
  return out;
}

/// Whether the text can be a component as it is: nothing in it that an escape is made for.
bool is_plain(std::string_view text) {
  if (text.empty() || text.ends_with('.') || has_reserved_prefix(text)) return false;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = first_character(text.substr(at));
    if (is_unsafe(character)) return false;
    at += character.size_bytes;
  }
  return true;
}

/// Whether escape() made this component.
bool is_escaped_form(std::string_view component) {
  return !component.empty() && escape(unescape(component)) == component;
}

/// The component of a name that is not in the foreign form.
std::string own_component(std::string_view name) {
  // A name that only looks escaped, such as r%C3%A9sum%C3%A9.pdf, stays as it is.
  if (is_plain(name) && !is_escaped_form(name)) return std::string(name);
  return escape(name);
}

/// The name that leads to this component and is not in the foreign form. Not every component has
/// one: r%25C3%25A9sum would be that of r%C3%A9sum, which stays as it is.
std::optional<std::string> own_name(std::string_view component) {
  if (component.empty()) return std::nullopt;
  std::string unescaped = unescape(component);
  if (component_of_name(unescaped) == component) return unescaped;
  if (component_of_name(component) == component) return std::string(component);
  return std::nullopt;
}

template <class Map>
std::string map_components(std::string_view text, Map map) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t slash = text.find('/', at);
    out += map(text.substr(at, slash - at));
    if (slash == std::string_view::npos) return out;
    out += '/';
    at = slash + 1;
  }
}

}  // namespace

std::string component_of_name(std::string_view name) {
  if (name.starts_with(kForeignPrefix)) {
    const std::string_view component = name.substr(kForeignPrefix.size());
    if (!own_name(component)) return std::string(component);
  }
  return own_component(name);
}

std::string name_of_component(std::string_view component) {
  if (auto name = own_name(component)) return *std::move(name);
  return std::string(kForeignPrefix) += component;
}

std::string key_of_path(std::string_view path) {
  return map_components(path, component_of_name);
}

std::string path_of_key(std::string_view key) {
  return map_components(key, name_of_component);
}

Result<void> check_key(std::string_view key) {
  // The service counts UTF-16 units; continuation bytes count nothing, four-byte characters two.
  std::size_t characters = 0;
  for (const char c : key) {
    const auto byte = static_cast<std::uint8_t>(c);
    if ((byte & 0xC0) != 0x80) characters += byte >= 0xF0 ? 2 : 1;
  }
  const auto components = static_cast<std::size_t>(std::ranges::count(key, '/')) + 1;
  if (characters <= kKeyCharactersMax && components <= kKeyComponentsMax) return {};
  return fail(os_error(
      ENAMETOOLONG,
      fmt::format("{}…: the path has {} characters in {} components; the service takes {} in {}",
                  key.substr(0, 60), characters, components, kKeyCharactersMax,
                  kKeyComponentsMax)));
}

Result<void> check_new_name(std::string_view name) {
  if (name.size() <= kNameBytesMax) return {};
  return fail(os_error(ENAMETOOLONG,
                       fmt::format("{}…: a name has at most {} bytes, this one has {}; shorten it",
                                   name.substr(0, 40), kNameBytesMax, name.size())));
}

bool is_hidden(std::string_view key) {
  return key == kHiddenArea || (key.starts_with(kHiddenArea) && key[kHiddenArea.size()] == '/');
}

}  // namespace aloft::format
