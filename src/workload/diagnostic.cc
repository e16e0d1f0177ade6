// SPDX-License-Identifier: Apache-2.0
#include "workload/diagnostic.h"

#include <fmt/format.h>

namespace aloft::workload {

std::string to_text(const Diagnostic& diagnostic) {
  std::string place = diagnostic.file;
  if (diagnostic.line > 0) place += fmt::format(":{}", diagnostic.line);
  if (diagnostic.line > 0 && diagnostic.column > 0) place += fmt::format(":{}", diagnostic.column);
  const char* severity = diagnostic.severity == Diagnostic::Severity::error ? "error" : "warning";
  return fmt::format("{}{}{}: {}", place, place.empty() ? "" : ": ", severity, diagnostic.message);
}

}  // namespace aloft::workload
