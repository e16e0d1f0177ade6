// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/recovery.h"

#include "emulator/batch/pool_life.h"
#include "emulator/batch/task_life.h"

namespace aloft::emulator::batch {

void restore(State& state) {
  // First, so that nodes are there to remove the files of tasks.
  for (const auto& [id, pool] : state.pools()) restore_pool(state, *pool);
  for (const auto& [id, job] : state.jobs()) {
    // All that is satisfied comes first, so that nothing waits for it.
    job->tasks.for_each([&](Task& task) {
      if (task.satisfies) job->dependencies.satisfy(task.id);
    });
    job->tasks.for_each([&](Task& task) { restore_task(state, *job, task); });
  }
}

}  // namespace aloft::emulator::batch
