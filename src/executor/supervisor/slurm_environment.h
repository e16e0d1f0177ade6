// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "executor/task_directory.h"

namespace aloft::executor {

/// The machine and user that a task runs as.
struct NodeInfo {
  std::string node{};  ///< Short host name.
  std::string user{};
  unsigned uid = 0;
  unsigned gid = 0;
};
/// Of this machine and process.
NodeInfo this_node();

/// All variables of a task of a Slurm script: the job's own, then what Slurm sets. Compared with
/// Slurm itself by tests/e2e/slurm_differential.py. Not set, because they would lead Slurm's own
/// commands to a cluster that is not there: SLURM_CONF, SLURM_WORKING_CLUSTER; SLURM_TASK_PID is
/// not known before the start. Where the job's directory is a container, SLURM_SUBMIT_DIR is that
/// directory (as if the job were submitted there), so that `cd $SLURM_SUBMIT_DIR` stays right.
std::map<std::string, std::string> slurm_environment(const TaskSpec& spec, const NodeInfo& node);

/// The directory as the task sees it: az://A/C/P is /aloft/az/A/C/P.
std::string visible_directory(const std::string& directory);
/// Back from there: /aloft/az/A/C/P is az://A/C/P. Every other name stays as it is.
std::string stored_name(const std::string& name);

/// The name of the file that a pattern gives for this task.
std::string expand(const workload::OutputPattern& pattern, const TaskSpec& spec,
                   const NodeInfo& node);

}  // namespace aloft::executor
