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

/// How many tasks of a job are how far.
struct JobCounts {
  std::size_t waiting = 0, running = 0, succeeded = 0, not_succeeded = 0;
};
JobCounts counts_of(const executor::JobStatus& job);

/// One line about a job under way, of at most `columns` characters.
std::string watch_line(const executor::JobStatus& job, std::size_t columns);

/// Why a task waits, since when it runs, how it ended.
std::string why_text(const executor::TaskStatus& task);
/// The same of a job's tasks for people; neighbours with the same answer share a line.
std::vector<std::string> why_lines(const executor::JobStatus& job);

nlohmann::json to_json(const executor::TaskStatus& task);
/// Without the environment.
nlohmann::json to_json(const executor::JobStatus& job);
nlohmann::json to_json(const executor::JobSummary& job);
nlohmann::json to_json(const JobCounts& counts);

}  // namespace aloft::cli
