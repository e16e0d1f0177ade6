// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>

#include "base/directories.h"
#include "executor/azure_batch/job_record.h"

namespace aloft::executor {

/// Where Aloft keeps its own files in the directory of a task.
inline constexpr const char* kTaskFiles = ".aloft";

/// What a task's own configuration is made of.
struct TaskAccounts {
  std::string directory{};  ///< Of the task.
  std::span<const AccountPlace> places{};
  std::string client_id{};  ///< Of the node's identity; empty: the only one that it has.
};

/// How the accounts of a task are found on its node: by variables that the launcher and the daemon
/// are given. Either as everything else on the node finds them, or, where the node was told places,
/// from a configuration of the task's own that says "managed identity" for each, so that no secret
/// is anywhere.
class NodeAccounts {
 public:
  using Variables = std::map<std::string, std::string>;

  /// As this process finds them by `environment`.
  static NodeAccounts of_node(const EnvironmentLookup& environment);
  /// From a configuration in the task's directory, where its home and the local files of its
  /// daemon are, too. The variables by which Azure's libraries find the node's identity are taken
  /// over.
  static Result<NodeAccounts> of_task(const TaskAccounts& accounts,
                                      const EnvironmentLookup& environment);

  const Variables& variables() const { return variables_; }
  /// Of these variables alone. It does not refer to this object.
  EnvironmentLookup lookup() const;

 private:
  explicit NodeAccounts(Variables variables) : variables_(std::move(variables)) {}
  Variables variables_;
};

}  // namespace aloft::executor
