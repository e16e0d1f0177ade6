// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/exit_conditions.h"

namespace aloft::emulator::batch {

namespace {

const Json* find_code(const Json& conditions, int code) {
  const auto codes = conditions.find("exitCodes");
  if (codes != conditions.end()) {
    for (const Json& one : *codes) {
      if (one.at("code") == code) return &one.at("exitOptions");
    }
  }
  const auto ranges = conditions.find("exitCodeRanges");
  if (ranges != conditions.end()) {
    for (const Json& one : *ranges) {
      if (one.at("start") <= code && code <= one.at("end")) return &one.at("exitOptions");
    }
  }
  return nullptr;
}

const Json* find_member(const Json& conditions, const char* name) {
  const auto found = conditions.find(name);
  return found == conditions.end() ? nullptr : &*found;
}

/// Null where nothing in `conditions` is about this end.
const Json* find_options(const Json& conditions, const AttemptEnd& end) {
  if (end.exit_code) {
    if (const Json* found = find_code(conditions, *end.exit_code)) return found;
  }
  if (!end.failure) return nullptr;
  const Json* found = nullptr;
  if (end.phase == AttemptEnd::Phase::preparing) {
    found = find_member(conditions, "preProcessingError");
  } else if (end.phase == AttemptEnd::Phase::uploading) {
    found = find_member(conditions, "fileUploadError");
  }
  return found != nullptr ? found : find_member(conditions, "default");
}

}  // namespace

ExitOptions exit_options(const Json& settings, const AttemptEnd& end) {
  ExitOptions options{.satisfies = !end.failure};
  const auto conditions = settings.find("exitConditions");
  const Json* found = conditions == settings.end() ? nullptr : find_options(*conditions, end);
  if (found == nullptr) return options;
  const std::string dependency = found->value("dependencyAction", "");
  if (!dependency.empty()) options.satisfies = dependency == "satisfy";
  const std::string action = found->value("jobAction", "none");
  if (action == "disable") options.job_action = ExitOptions::JobAction::disable;
  if (action == "terminate") options.job_action = ExitOptions::JobAction::terminate;
  return options;
}

}  // namespace aloft::emulator::batch
