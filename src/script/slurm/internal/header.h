// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workload/diagnostic.h"

namespace aloft::script::slurm {

/// One word of a directive, unquoted.
struct Word {
  std::string text{};
  int line = 0;
  int column = 0;
};

struct Header {
  std::vector<std::vector<Word>> directives{};  ///< One list of words for each #SBATCH line.
};

/// Finds the directives of a script; what is no batch script at all gets an error.
Header read_header(std::string_view content, const std::string& file,
                   std::vector<workload::Diagnostic>& diagnostics);

}  // namespace aloft::script::slurm
