// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/directories.h"
#include "base/limits.h"
#include "cli/command.h"
#include "executor/executor.h"

namespace aloft::cli {

/// Where this user's jobs on this machine are kept.
std::string job_home(const EnvironmentLookup& environment);

/// The jobs of this machine, with this program as scheduler and supervisor.
Result<std::unique_ptr<executor::Executor>> open_local_jobs(const EnvironmentLookup& environment);

/// Gives `command` the option --home; its help says what the container is for.
inline constexpr const char* kHomeOfJobs =
    "Jobs on Azure Batch: the container az://ACCOUNT/CONTAINER that holds them (ALOFT_JOB_HOME); "
    "without it, this machine's jobs";
void add_home_option(CLI::App& command, Context& context, const char* help = kHomeOfJobs);

/// The container of jobs on Azure Batch that --home or ALOFT_JOB_HOME names; empty: none, this
/// machine's jobs are meant.
std::string chosen_home(const Context& context);

/// The jobs of the home that was chosen.
Result<std::unique_ptr<executor::Executor>> open_jobs(const Context& context,
                                                      std::stop_token stop = {});

/// The job that an ID of the command line means; of ID_INDEX with that task alone. Fails with
/// invalid_argument for what is no ID, with not_found.
Result<executor::JobStatus> look_at(executor::Executor& executor, const std::string& id);

/// The launcher `aloft` that belongs to this program: how it starts any command of Aloft.
Result<std::string> launcher_path();

/// Waits until all tasks of a job have ended and returns the exit code of the job: 0, else the
/// highest code of a task, kOwnFailure for those without one.
Result<int> wait_for_job(executor::Executor& executor, workload::JobId id, const Limits& limits);

}  // namespace aloft::cli
