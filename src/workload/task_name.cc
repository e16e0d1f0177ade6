// SPDX-License-Identifier: Apache-2.0
#include "workload/task_name.h"

#include <fmt/format.h>

#include <charconv>

namespace aloft::workload {
namespace {

template <class Number>
bool parse_whole(std::string_view text, Number& number) {
  if (text.empty() || text.front() == '-' || text.front() == '+') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string to_text(const TaskName& name) {
  return name.index ? fmt::format("{}_{}", name.job, *name.index) : fmt::format("{}", name.job);
}

Result<TaskName> parse_task_name(std::string_view text) {
  TaskName name;
  const std::size_t mark = text.find('_');
  std::uint32_t index = 0;
  bool good = parse_whole(text.substr(0, mark), name.job) && name.job > 0;
  if (good && mark != std::string_view::npos) {
    good = parse_whole(text.substr(mark + 1), index);
    name.index = index;
  }
  if (!good) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("\"{}\" names no job: write ID, or ID_INDEX for one element of an array",
                    text));
  }
  return name;
}

}  // namespace aloft::workload
