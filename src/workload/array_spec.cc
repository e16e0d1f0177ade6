// SPDX-License-Identifier: Apache-2.0
#include "workload/array_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace aloft::workload {
namespace {

/// Takes a number off the front of `text`.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

Result<void> add_range(ArraySpec& spec, std::string_view item) {
  const auto wrong = [whole = item](std::string_view why) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is no range of indices: {}", whole, why));
  };
  const auto first = take_number(item);
  if (!first) return wrong("a number is missing");
  std::uint32_t last = *first;
  std::uint32_t step = 1;
  if (take(item, '-')) {
    const auto number = take_number(item);
    if (!number) return wrong("the last index is missing");
    last = *number;
    if (take(item, ':')) {
      const auto given = take_number(item);
      if (!given || *given == 0) return wrong("the step must be a number from 1");
      step = *given;
      if (spec.step == 1) spec.step = step;
    }
  }
  if (!item.empty()) return wrong(fmt::format("\"{}\" is too much", item));
  if (last < *first) return wrong("it runs backwards");
  if (last > kArrayIndexMax) return wrong(fmt::format("indices end at {}", kArrayIndexMax));
  for (std::uint64_t index = *first; index <= last; index += step) {
    spec.indices.push_back(static_cast<std::uint32_t>(index));
  }
  return {};
}

}  // namespace

Result<ArraySpec> parse_array_spec(std::string_view text) {
  ArraySpec spec;
  std::string_view ranges = text;
  if (const std::size_t mark = ranges.find('%'); mark != std::string_view::npos) {
    std::string_view limit = ranges.substr(mark + 1);
    // Slurm takes the limit inside the brackets too.
    if (ranges.front() == '[' && limit.ends_with(']')) limit.remove_suffix(1);
    const auto number = take_number(limit);
    if (!number || !limit.empty()) {
      return fail(
          ErrorCode::invalid_argument,
          fmt::format("\"{}\" is no array: behind % stands how many may run at a time", text));
    }
    spec.running_max = *number;
    ranges = ranges.substr(0, mark);
  }
  const bool bracket = take(ranges, '[');
  if (bracket && ranges.ends_with(']')) {
    ranges.remove_suffix(1);
  } else if (bracket && !text.ends_with(']')) {
    return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is no array: ] is missing", text));
  }
  while (true) {
    const std::size_t comma = ranges.find(',');
    TRY(add_range(spec, ranges.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    ranges.remove_prefix(comma + 1);
  }
  std::sort(spec.indices.begin(), spec.indices.end());
  spec.indices.erase(std::unique(spec.indices.begin(), spec.indices.end()), spec.indices.end());
  if (spec.indices.size() > kArrayCountMax) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("an array of {} elements; one job takes at most {}",
                            spec.indices.size(), kArrayCountMax));
  }
  return spec;
}

std::string format_indices(const std::vector<std::uint32_t>& indices) {
  std::string text;
  for (std::size_t begin = 0; begin < indices.size();) {
    std::size_t end = begin + 1;
    while (end < indices.size() && indices[end] == indices[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(indices[begin]);
    if (end - begin > 1) text += (end - begin > 2 ? "-" : ",") + std::to_string(indices[end - 1]);
    begin = end;
  }
  return text;
}

}  // namespace aloft::workload
