// SPDX-License-Identifier: Apache-2.0
#include "emulator/wire/query.h"

#include <algorithm>

namespace aloft::emulator {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void Query::add(std::string name, std::string value) {
  parameters_.emplace_back(std::move(name), std::move(value));
}

std::optional<std::string_view> Query::find(std::string_view name) const {
  for (const auto& [known, value] : parameters_) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> Query::sorted() const {
  auto all = parameters_;
  std::ranges::sort(all);
  return all;
}

std::optional<Query> parse_query(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view parameter = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (parameter.empty()) continue;
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const auto name = percent_decode(parameter.substr(0, equals), true);
    auto value = percent_decode(parameter.substr(std::min(equals + 1, parameter.size())), true);
    if (!name || !value) return std::nullopt;
    query.add(lower_case(*name), std::move(*value));
  }
  return query;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return decoded;
}

std::string percent_encode(std::string_view text, bool keeps_slashes) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char character : text) {
    if (kPlain.find(character) != std::string_view::npos || (character == '/' && keeps_slashes)) {
      encoded += character;
      continue;
    }
    const auto byte = static_cast<unsigned char>(character);
    (encoded += '%') += kDigits[byte / 16];
    encoded += kDigits[byte % 16];
  }
  return encoded;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

}  // namespace aloft::emulator
