// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "emulator/batch/node/attempt.h"
#include "emulator/batch/node/internal/transfers.h"
#include "emulator/batch/node/node.h"

namespace aloft::emulator::batch {

/// Marks every process of a task; its value is the task's directory.
inline constexpr const char* kTaskDirectoryVariable = "AZ_BATCH_TASK_DIR";
/// Marks every process of a node; its value is the node's root.
inline constexpr const char* kRootDirectoryVariable = "AZ_BATCH_NODE_ROOT_DIR";

/// All variables of a task: a plain PATH and HOME, those of the task, those of the node, and those
/// that Batch documents; later ones win. Nothing of this process's own environment is among them.
std::map<std::string, std::string> task_environment(const NodeOptions& node, const Attempt& attempt,
                                                    const TaskPlace& place);

/// "NAME=VALUE" each.
std::vector<std::string> to_list(const std::map<std::string, std::string>& environment);

}  // namespace aloft::emulator::batch
