// SPDX-License-Identifier: Apache-2.0
#include "enter/object_path.h"

#include <algorithm>

namespace aloft::enter {
namespace {

constexpr std::string_view kScheme = "az://";

/// Names of options and variables: what may stand before the "=" of an argument.
bool is_option_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

}  // namespace

std::string path_of_uri(std::string_view text) {
  if (!text.starts_with(kScheme)) return std::string(text);
  std::string path = std::string(kPrefix) + "/az";
  const std::string_view rest = text.substr(kScheme.size());
  if (!rest.empty() && rest.front() != '/') path += '/';
  return path.append(rest);
}

std::string rewrite_argument(std::string_view argument) {
  if (argument.starts_with(kScheme)) return path_of_uri(argument);
  const std::size_t equals = argument.find('=');
  if (equals == std::string_view::npos || !is_option_name(argument.substr(0, equals))) {
    return std::string(argument);
  }
  return std::string(argument.substr(0, equals + 1)) + path_of_uri(argument.substr(equals + 1));
}

std::string root_of_uri(std::string_view text) {
  if (!text.starts_with(kScheme)) return {};
  text.remove_prefix(kScheme.size());
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace aloft::enter
