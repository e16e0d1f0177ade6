// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace aloft::executor {

/// Aloft for nodes: an archive that is made with the program, bin/aloft in it.
struct Bundle {
  std::string digest{};  ///< SHA-256 of its bytes, in hexadecimal digits.
  std::string path{};
};

/// The bundle that belongs to the launcher at this path: beside it in a build, in ../share/aloft
/// where it is installed. Fails with not_found.
Result<Bundle> find_bundle(const std::string& launcher);

}  // namespace aloft::executor
