// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "emulator/blob/call.h"

namespace aloft::emulator::dfs {

/// What a request asks for beside its method: by resource=, action=, or a field.
enum class Asks { nothing, resource, action, rename, lease };

/// One thing that the endpoint can do, and which requests ask for it.
struct Operation {
  const char* name;
  http::Method method;
  /// Container: a filesystem, or the root directory of one.
  blob::Level level;
  Asks asks;
  std::string_view value;  ///< Of resource= or action=.
  blob::Access access;
  blob::Answer (*run)(blob::Call& call);
};

std::span<const Operation> all_operations();

/// Null where the endpoint, or the emulator of it, knows no such operation.
const Operation* find_operation(http::Method method, const blob::Target& target,
                                const http::Headers& headers);

}  // namespace aloft::emulator::dfs
