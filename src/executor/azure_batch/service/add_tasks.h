// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "executor/azure_batch/service/batch_client.h"

namespace aloft::batch {

/// Many tasks, made as they are needed. `make` is called by several threads at once.
struct TaskSource {
  std::size_t count = 0;
  std::function<NewTask(std::size_t position)> make{};
};

struct AddOptions {
  std::size_t threads = 4;
  /// How often a task that the service could not add for the moment is tried.
  int tries_max = 6;
  std::chrono::milliseconds pause{500};  ///< Before each of these.
  Clock* clock = &system_clock();
};

/// Adds all tasks to a job, many in a request, several requests at a time; requests that are too
/// large for the service are halved. A task that is there already counts as added if it has the
/// display name that it would get: so a second call finishes what a first one began. After an
/// error any part of the tasks may have been added.
Result<void> add_all_tasks(BatchClient& client, std::string_view job, const TaskSource& source,
                           const Limits& limits, const AddOptions& options = {});

}  // namespace aloft::batch
