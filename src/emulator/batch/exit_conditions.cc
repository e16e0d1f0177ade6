// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/exit_conditions.h"

#include "base/name_table.h"

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

/// Not by its wall time, which is the service's doing.
bool was_ended_by_request(const AttemptEnd& end) {
  return end.failure && end.failure->code == "TaskEnded" &&
         end.failure->category == FailureInfo::Category::user;
}

/// `options` are those of this end; null: it has none.
ExitOptions::JobAction job_action(const Json* options, const AttemptEnd& end) {
  using enum ExitOptions::JobAction;
  if (was_ended_by_request(end)) return none;
  constexpr NameTable<ExitOptions::JobAction, 3> kActions{
      {{none, "none"}, {disable, "disable"}, {terminate, "terminate"}}};
  const std::string action = options == nullptr ? "" : options->value("jobAction", std::string());
  return value_in(kActions, action).value_or(end.failure ? terminate : none);
}

}  // namespace

ExitOptions exit_options(const Json& settings, const AttemptEnd& end) {
  const auto conditions = settings.find("exitConditions");
  const Json* found = conditions == settings.end() ? nullptr : find_options(*conditions, end);
  ExitOptions options{.satisfies = !end.failure, .job_action = job_action(found, end)};
  const std::string dependency =
      found == nullptr ? "" : found->value("dependencyAction", std::string());
  if (!dependency.empty()) options.satisfies = dependency == "satisfy";
  return options;
}

}  // namespace aloft::emulator::batch
