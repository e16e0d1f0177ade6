// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "executor/azure_batch/home.h"

namespace aloft::executor {

/// Why a task can never run; none if it may run now. Batch starts a task when all that it waits for
/// has ended, however it ended, so this is asked on the node: what ended without an exit record is
/// lost by now. Terms that only Batch judges (singleton, start) hold.
Result<std::optional<std::string>> unmet_dependency(BatchHome& home, const JobRecord& record,
                                                    const workload::TaskName& task,
                                                    const Limits& limits);

}  // namespace aloft::executor
