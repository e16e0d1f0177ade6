// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "executor/executor.h"

namespace aloft::cli {

/// "waiting", "running", "cancelling", "succeeded", "timed out", …
std::string state_text(const executor::TaskStatus& task);

/// A job and its tasks for people, lines of at most 80 columns. Consecutive tasks that wait for the
/// same reason share a line.
std::vector<std::string> job_lines(const executor::JobStatus& job);
/// A list of jobs, the same.
std::vector<std::string> list_lines(const std::vector<executor::JobSummary>& jobs);

nlohmann::json to_json(const executor::TaskStatus& task);
/// Without the environment.
nlohmann::json to_json(const executor::JobStatus& job);
nlohmann::json to_json(const executor::JobSummary& job);

}  // namespace aloft::cli
