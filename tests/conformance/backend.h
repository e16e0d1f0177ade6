// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "object/object_account.h"

namespace aloft::conformance {

/// One implementation of ObjectAccount, and what it is known to lack.
struct Backend {
  std::shared_ptr<ObjectAccount> account;
  bool stages_from_object = true;
  /// Refuses block ids of different lengths on its own.
  bool checks_block_id_lengths = true;
  /// Answers get lost: a removal that finds nothing, or a container that is there, may be what an
  /// attempt before did, and that succeeds.
  bool loses_answers = false;
};

/// Those whose keys are names of their own.
std::vector<std::string> backend_names();
/// Those whose keys are paths (ObjectStore::hierarchical).
std::vector<std::string> tree_backend_names();

/// Starts it when it is asked for first, with its server; stop_backends() ends what was started.
/// Fails with unsupported where it cannot run here (no credentials for "live").
Result<Backend> open_backend(const std::string& name);
void stop_backends();

}  // namespace aloft::conformance
