// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "workload/job.h"

namespace aloft::workload {

enum class JsonStyle {
  compact,
  indented,  ///< For people and golden files.
};

/// The job as one versioned JSON object; values at their defaults are left out.
std::string to_json(const Job& job, JsonStyle style = JsonStyle::compact);

/// Fails with corrupt, or with unsupported for a version of the future.
Result<Job> job_from_json(std::string_view text);

}  // namespace aloft::workload
