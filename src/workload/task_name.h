// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aloft::workload {

/// A job's number in its job home, from 1. An array takes as many consecutive numbers as it has
/// elements and is known by the first.
using JobId = std::uint64_t;

/// One task: "12" of a job that is no array, "12_3" the element with index 3. As a selection (in
/// dependencies and on the command line) "12" means the whole job.
struct TaskName {
  JobId job = 0;
  std::optional<std::uint32_t> index{};
  auto operator<=>(const TaskName&) const = default;
};

std::string to_text(const TaskName& name);
/// Fails with invalid_argument.
Result<TaskName> parse_task_name(std::string_view text);

}  // namespace aloft::workload
