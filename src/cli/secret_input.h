// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace aloft::cli {

/// A secret, which must not stand in the arguments: everyone on the machine sees those. Comes from
/// `file`, or where that is empty or "-" from standard input; a terminal is asked for `what`
/// without showing what is typed. White space at its end is dropped. Fails with invalid_argument
/// for an empty one.
Result<std::string> read_secret(const std::string& file, const std::string& what);

}  // namespace aloft::cli
