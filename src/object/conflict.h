// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace aloft {

/// Whether a conditional write failed because something else is there than its condition says.
inline bool is_conflict(const Error& error) {
  return error.code == ErrorCode::precondition_failed || error.code == ErrorCode::already_exists;
}

}  // namespace aloft
