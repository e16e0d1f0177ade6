// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workload/diagnostic.h"
#include "workload/job.h"

namespace aloft::script::slurm {

/// Where a script comes from.
struct Source {
  std::string file{};              ///< As the user named it; for diagnostics and the job's name.
  std::string submit_directory{};  ///< Absolute; relative directories are taken from it.
};

/// A long option of sbatch and its value, from the command line: they win over the script.
using Override = std::pair<std::string, std::string>;

struct Parsed {
  workload::Job job{};
  /// In order of the file; the job is of use only if none is an error.
  std::vector<workload::Diagnostic> diagnostics{};
  /// An error without message where --dependency stands: only an executor knows what jobs exist.
  workload::Diagnostic at_dependency{};
};

/// Reads a script's header exactly as sbatch does: #SBATCH lines before the first command, without
/// expanding variables. Environment and arguments of the job are left to the caller.
Parsed parse_script(std::string_view content, const Source& source,
                    const std::vector<Override>& overrides = {});

}  // namespace aloft::script::slurm
