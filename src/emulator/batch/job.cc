// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/job.h"

#include "base/name_table.h"

namespace aloft::emulator::batch {

namespace {

std::int64_t& counter_for(TaskCounts& counts, const Task& task) {
  switch (task.state) {
    case TaskState::active:
      return counts.active;
    case TaskState::preparing:
    case TaskState::running:
      return counts.running;
    case TaskState::completed:
      break;
  }
  return task.has_succeeded() ? counts.succeeded : counts.failed;
}

}  // namespace

std::string_view name_of(JobState state) {
  static constexpr NameTable<JobState, 7> kNames{{{JobState::active, "active"},
                                                  {JobState::disabling, "disabling"},
                                                  {JobState::disabled, "disabled"},
                                                  {JobState::enabling, "enabling"},
                                                  {JobState::terminating, "terminating"},
                                                  {JobState::completed, "completed"},
                                                  {JobState::deleting, "deleting"}}};
  return name_in(kNames, state);
}

Duration Job::wall_time() const {
  const auto constraints = settings.find("constraints");
  if (constraints == settings.end()) return kUnlimited;
  return parse_duration(constraints->value("maxWallClockTime", "")).value_or(kUnlimited);
}

std::int32_t Job::retries_max() const {
  const auto constraints = settings.find("constraints");
  return constraints == settings.end() ? 0 : constraints->value("maxTaskRetryCount", 0);
}

void Job::count(const Task& task, int sign) {
  counter_for(counts, task) += sign;
  counter_for(slot_counts, task) += sign * task.slots;
}

}  // namespace aloft::emulator::batch
