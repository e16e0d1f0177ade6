// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "executor/azure_batch/home.h"
#include "executor/azure_batch/mapping.h"

namespace aloft::executor {

/// What Batch must hold a job's tasks back for. Jobs that have ended are left out: what their end
/// means is decided on the node (dependency_check.h). `id` is the job's number, or larger than all.
///
/// Fails with not_found for a dependency on an unknown job, with invalid_argument for one on an
/// element that an array does not have, with unsupported for one on an unfinished job of another
/// pool: Batch knows dependencies only among the tasks of one of its jobs.
Result<Waits> plan_waits(BatchHome& home, workload::JobId id, const workload::Job& job,
                         std::string_view batch_job, const Limits& limits);

}  // namespace aloft::executor
