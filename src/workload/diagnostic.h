// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace aloft::workload {

/// What is wrong, or without effect, at one place of a job's description.
struct Diagnostic {
  enum class Severity { warning, error };
  Severity severity = Severity::error;
  std::string file{};  ///< Empty: not from a file (command line, executor).
  int line = 0;        ///< From 1; 0: the whole.
  int column = 0;      ///< In bytes from 1; 0: the whole line.
  std::string message{};
  bool operator==(const Diagnostic&) const = default;
};

/// "FILE:LINE:COLUMN: warning: MESSAGE", without the parts that are not known.
std::string to_text(const Diagnostic& diagnostic);

inline bool has_error(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.severity == Diagnostic::Severity::error;
  });
}

}  // namespace aloft::workload
