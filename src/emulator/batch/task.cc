// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/task.h"

#include "base/name_table.h"

namespace aloft::emulator::batch {

std::string_view name_of(TaskState state) {
  static constexpr NameTable<TaskState, 4> kNames{{{TaskState::active, "active"},
                                                   {TaskState::preparing, "preparing"},
                                                   {TaskState::running, "running"},
                                                   {TaskState::completed, "completed"}}};
  return name_in(kNames, state);
}

}  // namespace aloft::emulator::batch
