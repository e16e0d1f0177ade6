// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "emulator/batch/job.h"
#include "emulator/batch/pool.h"

// How pools, jobs and tasks are written in the ledger: JSON whose keys are ours, not Azure's. What
// is there is read back; a decoder fails with corrupt for what no encoder wrote.
namespace aloft::emulator::batch {

/// With its nodes, but those that are leaving: a restart ends the tasks that they wait for.
std::string encode_pool(const Pool& pool);
Result<std::unique_ptr<Pool>> decode_pool(std::string_view text);

/// Without its tasks.
std::string encode_job(const Job& job);
Result<std::unique_ptr<Job>> decode_job(std::string_view text);

/// All of a task but number, id and settings.
std::string encode_status(const Task& task);
Result<void> decode_status(std::string_view text, Task& task);

}  // namespace aloft::emulator::batch
