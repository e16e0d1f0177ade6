// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "executor/azure_batch/observation.h"

namespace aloft::executor {

/// Why tasks of one job wait: what they depend on, else what their pool lacks. Fills `reason` of
/// those of `tasks` that wait. Jobs that they wait for are looked at with `observer`.
Result<void> explain_waiting(BatchHome& home, Observer& observer, batch::BatchClient& client,
                             const Observed& observed, std::span<TaskStatus> tasks,
                             const Limits& limits);

/// What a pool lacks to run a task that takes `slots`; "waits for its turn" if nothing.
Result<std::string> explain_pool(batch::BatchClient& client, const JobRecord& record,
                                 const Limits& limits);

}  // namespace aloft::executor
