// SPDX-License-Identifier: Apache-2.0
#include "executor/azure_batch/vm_size.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string>

namespace aloft::executor {
namespace {

constexpr std::string_view kPrefix = "standard_";

std::string lower(std::string_view text) {
  std::string copy(text);
  std::ranges::transform(copy, copy.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return copy;
}

/// The name in its parts: "standard_" FAMILY NUMBER ["-" NUMBER] REST.
struct Parts {
  std::string family{};
  std::uint32_t number = 0;
  std::optional<std::uint32_t> constrained{};
  std::string rest{};
};

std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<Parts> split(std::string_view vm_size) {
  const std::string whole = lower(vm_size);
  std::string_view rest = whole;
  if (!rest.starts_with(kPrefix)) return std::nullopt;
  rest.remove_prefix(kPrefix.size());
  const std::size_t family_end = std::min(rest.find_first_of("0123456789"), rest.size());
  Parts parts{.family = std::string(rest.substr(0, family_end))};
  rest.remove_prefix(family_end);
  const auto number = take_number(rest);
  if (parts.family.empty() || !number) return std::nullopt;
  parts.number = *number;
  if (rest.starts_with('-')) {
    rest.remove_prefix(1);
    parts.constrained = take_number(rest);
    if (!parts.constrained) return std::nullopt;
  }
  parts.rest = rest;
  return parts;
}

/// In the oldest series the number is a place in a list.
constexpr std::array<std::uint32_t, 12> kOldA{1, 1, 2, 4, 8, 2, 4, 8, 8, 16, 8, 16};
constexpr std::array<std::uint32_t, 16> kOldD{0, 1, 2, 4, 8, 16, 0, 0, 0, 0, 0, 2, 4, 8, 16, 20};
constexpr std::array<std::uint32_t, 6> kOldG{0, 2, 4, 8, 16, 32};

template <std::size_t count>
std::optional<std::uint32_t> entry_of(const std::array<std::uint32_t, count>& cores,
                                      std::uint32_t number) {
  if (number >= count || cores[number] == 0) return std::nullopt;
  return cores[number];
}

}  // namespace

std::optional<std::uint32_t> cores_of_size(std::string_view vm_size) {
  const auto parts = split(vm_size);
  if (!parts) return std::nullopt;
  if (parts->constrained) return parts->constrained;
  const bool first_version = parts->rest.find("_v") == std::string::npos;
  if (parts->family == "a" && first_version) return entry_of(kOldA, parts->number);
  const bool second_version = parts->rest.ends_with("_v2");
  if ((parts->family == "d" || parts->family == "ds") && (first_version || second_version)) {
    return entry_of(kOldD, parts->number);
  }
  if (parts->family == "g" || parts->family == "gs") return entry_of(kOldG, parts->number);
  if (parts->number == 0) return std::nullopt;
  return parts->number;
}

bool has_gpus(std::string_view vm_size) {
  const auto parts = split(vm_size);
  return parts && parts->family.starts_with('n');
}

}  // namespace aloft::executor
