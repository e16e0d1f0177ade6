// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "emulator/batch/node/file_view.h"

namespace aloft::emulator::batch {

/// Where an output file's pattern looks, and for what.
struct OutputPattern {
  /// Relative to the node's root: all before the first name with a wildcard, or before the last.
  std::string directory{};
  /// Names below it. One name without wildcards, or names with * ? [a-c], or ** for any number of
  /// directories. Names that begin with "." are only found by patterns that do.
  std::vector<std::string> names{};
  bool has_wildcards = false;
};

/// `text` may begin with "../" or be absolute, but stays in `root`, the node's. $NAME and ${NAME}
/// are replaced by what `environment` has of them. Fails with invalid_argument for a pattern that
/// leads out of `root`.
Result<OutputPattern> parse_output_pattern(std::string_view text,
                                           const std::map<std::string, std::string>& environment,
                                           const std::string& working_directory,
                                           const std::string& root);

/// The files that it names now, relative to its directory, sorted; links are not files here.
std::vector<FileEntry> matching_files(const OutputPattern& pattern, const std::string& root);

}  // namespace aloft::emulator::batch
