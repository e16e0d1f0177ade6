// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aloft::emulator::batch {

/// Splits a command line as Batch does on Linux: at blanks, without a shell. '…' keeps everything;
/// in "…" a backslash frees a quotation mark or a backslash, elsewhere any character. Nothing is
/// expanded. Fails with invalid_argument where a quotation or backslash is not complete, or where
/// there is no program.
Result<std::vector<std::string>> split_command_line(std::string_view line);

}  // namespace aloft::emulator::batch
