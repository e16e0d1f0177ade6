// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "emulator/batch/call.h"

namespace aloft::emulator::batch {

/// One thing that the service can do, and which requests ask for it.
struct Operation {
  const char* name;
  http::Method method;
  /// "jobs/{}/tasks/{}": segments in braces are arguments; "{…}" at the end takes all the rest.
  std::string_view path;
  Answer (*run)(Call& call);
};

std::span<const Operation> all_operations();

struct Match {
  const Operation* operation = nullptr;
  std::vector<std::string> arguments{};
};
/// Refuses paths that the service does not have, and other methods on those that it has.
Outcome<Match> find_operation(http::Method method, const Target& target);

}  // namespace aloft::emulator::batch
