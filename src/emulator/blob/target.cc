// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/target.h"

#include <algorithm>

namespace aloft::emulator::blob {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return text;
}

Outcome<Query> parse_query(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view parameter = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (parameter.empty()) continue;
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    auto name = percent_decode(parameter.substr(0, equals), true);
    auto value = percent_decode(parameter.substr(std::min(equals + 1, parameter.size())), true);
    if (!name || !value)
      return refuse(Refusal::invalid_uri, "a query parameter is not encoded properly");
    query.add(lower_case(std::move(*name)), std::move(*value));
  }
  return query;
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

Outcome<Target> parse_target(std::string_view text) {
  Target target;
  const std::size_t question = std::min(text.find('?'), text.size());
  target.path = text.substr(0, question);
  target.query = TRY(parse_query(text.substr(std::min(question + 1, text.size()))));
  if (!target.path.starts_with('/')) return refuse(Refusal::invalid_uri);
  std::string_view rest = std::string_view(target.path).substr(1);
  const auto take_segment = [&rest]() {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const auto segment = percent_decode(rest.substr(0, end), false);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return segment;
  };
  auto account = take_segment();
  auto container = take_segment();
  auto blob = percent_decode(rest, false);
  if (!account || !container || !blob) {
    return refuse(Refusal::invalid_uri, "the path is not encoded properly");
  }
  if (container->empty() && !blob->empty()) return refuse(Refusal::invalid_uri);
  target.account = std::move(*account);
  target.container = std::move(*container);
  target.blob = std::move(*blob);
  return target;
}

}  // namespace aloft::emulator::blob
