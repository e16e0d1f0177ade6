// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/task.h"

#include <array>

namespace aloft::emulator::batch {

namespace {
constexpr std::array<std::string_view, 4> kNames{"active", "preparing", "running", "completed"};
}  // namespace

std::string_view name_of(TaskState state) {
  return kNames[static_cast<std::size_t>(state)];
}

std::optional<TaskState> parse_task_state(std::string_view name) {
  for (std::size_t index = 0; index < kNames.size(); ++index) {
    if (kNames[index] == name) return static_cast<TaskState>(index);
  }
  return std::nullopt;
}

}  // namespace aloft::emulator::batch
