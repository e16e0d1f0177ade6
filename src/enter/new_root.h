// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace aloft::enter {

/// Makes sure that every path of `directories` (absolute) can be mounted on, in a process that has
/// a mount namespace of its own. Where the first component of one is absent from "/", the namespace
/// gets a new root: a small read-only directory into which everything of the old root is bound, and
/// which has the absent ones as well; the top level of "/" is fixed from then on. Fails with
/// not_found where a directory is absent below one that exists: nobody may add it there unseen.
/// The working directory is "/" afterwards if a new root was made; returns whether.
Result<bool> provide_directories(std::span<const std::string> directories);

}  // namespace aloft::enter
