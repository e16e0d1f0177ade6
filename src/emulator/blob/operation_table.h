// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "emulator/blob/call.h"

namespace aloft::emulator::blob {

/// One thing that the service can do, and which requests ask for it.
struct Operation {
  const char* name;
  http::Method method;
  Level level;
  std::string_view restype;  ///< Empty: must be absent.
  std::string_view comp;     ///< Empty: must be absent.
  /// Whether x-ms-copy-source is there, where that makes it another operation.
  enum class CopySource { irrelevant, present, absent } copy_source;
  Access access;
  Answer (*run)(Call& call);
  /// Whether it may be about a snapshot or version, by snapshot= or versionid=.
  enum class Past { refused, taken } past = Past::refused;
};

std::span<const Operation> all_operations();

/// Null where the service, or the emulator of it, knows no such operation.
const Operation* find_operation(http::Method method, const Target& target,
                                const http::Headers& headers);

}  // namespace aloft::emulator::blob
