// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/node/internal/environment.h"

namespace aloft::emulator::batch {

std::map<std::string, std::string> task_environment(const NodeOptions& node, const Attempt& attempt,
                                                    const TaskPlace& place) {
  std::map<std::string, std::string> variables{
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
      {"HOME", place.working}};
  for (const auto& [name, value] : attempt.environment) variables[name] = value;
  for (const auto& [name, value] : node.environment) variables[name] = value;
  variables["AZ_BATCH_ACCOUNT_NAME"] = node.account_name;
  variables["AZ_BATCH_ACCOUNT_URL"] = node.account_url;
  variables["AZ_BATCH_POOL_ID"] = node.pool;
  variables["AZ_BATCH_NODE_ID"] = node.name;
  variables["AZ_BATCH_NODE_IS_DEDICATED"] = node.is_dedicated ? "true" : "false";
  variables[kRootDirectoryVariable] = place.root;
  variables["AZ_BATCH_NODE_SHARED_DIR"] = place.root + "/shared";
  variables["AZ_BATCH_NODE_STARTUP_DIR"] = place.root + "/startup";
  variables["AZ_BATCH_NODE_MOUNTS_DIR"] = place.root + "/fsmounts";
  variables[kTaskDirectoryVariable] = place.task;
  variables["AZ_BATCH_TASK_WORKING_DIR"] = place.working;
  if (!attempt.task.empty()) {
    variables["AZ_BATCH_JOB_ID"] = attempt.job;
    variables["AZ_BATCH_TASK_ID"] = attempt.task;
  }
  return variables;
}

std::vector<std::string> to_list(const std::map<std::string, std::string>& environment) {
  std::vector<std::string> list;
  list.reserve(environment.size());
  for (const auto& [name, value] : environment) list.push_back(name + "=" + value);
  return list;
}

}  // namespace aloft::emulator::batch
