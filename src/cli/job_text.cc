// SPDX-License-Identifier: Apache-2.0
#include "cli/job_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>

#include "base/byte_size.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/progress_bar.h"
#include "workload/array_spec.h"

namespace aloft::cli {
namespace {

using executor::TaskPhase;
using executor::TaskStatus;
using Json = nlohmann::json;
using WallClock = std::chrono::system_clock;

std::string local_time(std::optional<WallClock::time_point> time) {
  if (!time) return "-";
  const std::time_t whole = WallClock::to_time_t(*time);
  std::tm parts{};
  ::localtime_r(&whole, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts));
}

std::string duration(const TaskStatus& task) {
  if (!task.started) return "-";
  const auto end = task.record ? task.record->ended : WallClock::now();
  const auto seconds = std::max<std::int64_t>(
      0, std::chrono::floor<std::chrono::seconds>(end - *task.started).count());
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

/// As many letters as `columns`, the last replaced where something was cut off.
std::string cut(std::string text, std::size_t columns) {
  if (text.size() > columns) text.replace(columns - 1, std::string::npos, "~");
  return text;
}

void add_note(std::vector<std::string>& lines, const std::string& note) {
  constexpr std::size_t kIndent = 4;
  std::string_view wrapped;
  const std::string text = wrap(without_controls(note), kHelpColumns - kIndent);
  for (wrapped = text; !wrapped.empty();) {
    const std::size_t end = std::min(wrapped.find('\n'), wrapped.size());
    lines.push_back(std::string(kIndent, ' ') + std::string(wrapped.substr(0, end)));
    wrapped.remove_prefix(std::min(end + 1, wrapped.size()));
  }
}

/// What the record of an ended task adds to its state.
std::string message_of(const TaskStatus& task) {
  if (!task.record || task.record->message == state_text(task)) return {};
  return task.record->message;
}

void add_task(std::vector<std::string>& lines, const std::string& name, const TaskStatus& task) {
  const auto& record = task.record;
  lines.push_back(fmt::format(
      "{:<14} {:<13} {:>4}  {:<19}  {:>9}  {:>9}", cut(name, 14), state_text(task),
      record && record->code ? std::to_string(*record->code) : "-", local_time(task.started),
      duration(task),
      record && record->peak_memory_bytes > 0 ? format_byte_size(record->peak_memory_bytes) : "-"));
  std::string note = record ? message_of(task) : task.reason;
  if (task.attempt > 1) {
    note = fmt::format("attempt {}{}{}", task.attempt, note.empty() ? "" : ": ", note);
  }
  if (!note.empty()) add_note(lines, note);
}

std::string counts_text(const std::map<std::string, std::size_t>& counts) {
  std::string text;
  for (const auto& [state, count] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, state);
  }
  return text;
}

/// Neighbours that are shown as one.
struct Group {
  std::string name{};  ///< "12_[1-4]", or that of the only one.
  const TaskStatus* first = nullptr;
};

template <class Alike>
std::vector<Group> grouped(const executor::JobStatus& job, Alike alike) {
  std::vector<Group> groups;
  for (std::size_t begin = 0; begin < job.tasks.size();) {
    std::vector<std::uint32_t> indices;
    std::size_t end = begin;
    for (; end < job.tasks.size() && (end == begin || alike(job.tasks[begin], job.tasks[end]));
         ++end) {
      if (job.tasks[end].name.index) indices.push_back(*job.tasks[end].name.index);
    }
    const TaskStatus& first = job.tasks[begin];
    groups.push_back({.name = indices.size() > 1 ? fmt::format("{}_[{}]", job.id,
                                                               workload::format_indices(indices))
                                                 : to_text(first.name),
                      .first = &first});
    begin = end;
  }
  return groups;
}

}  // namespace

std::string state_text(const TaskStatus& task) {
  if (task.phase != TaskPhase::ended) {
    return task.cancel_requested ? "cancelling" : std::string(name_of(task.phase));
  }
  if (!task.record) return "ended";
  switch (task.record->exit_class) {
    case ExitClass::timed_out:
      return "timed out";
    case ExitClass::start_failed:
      return "start failed";
    case ExitClass::dependency_not_satisfied:
      return "not satisfied";
    default:
      return std::string(name_of(task.record->exit_class));
  }
}

std::vector<std::string> job_lines(const executor::JobStatus& job) {
  std::map<std::string, std::size_t> counts;
  for (const TaskStatus& task : job.tasks) ++counts[state_text(task)];
  std::vector<std::string> lines;
  lines.push_back(cut(
      fmt::format("Job {}, {}: {}", job.id, without_controls(job.job.name), counts_text(counts)),
      80));
  add_note(lines, fmt::format("submitted {} in {}", local_time(job.submitted), job.job.directory));
  lines.push_back(fmt::format("{:<14} {:<13} {:>4}  {:<19}  {:>9}  {:>9}", "TASK", "STATE", "CODE",
                              "STARTED", "TIME", "MEMORY"));
  const auto alike = [](const TaskStatus& a, const TaskStatus& b) {
    return a.phase == TaskPhase::waiting && b.phase == TaskPhase::waiting && a.reason == b.reason &&
           a.cancel_requested == b.cancel_requested && a.attempt == b.attempt;
  };
  for (const Group& group : grouped(job, alike)) add_task(lines, group.name, *group.first);
  return lines;
}

JobCounts counts_of(const executor::JobStatus& job) {
  JobCounts counts;
  for (const TaskStatus& task : job.tasks) {
    if (task.phase == TaskPhase::waiting) {
      ++counts.waiting;
    } else if (task.phase == TaskPhase::running) {
      ++counts.running;
    } else if (task.record && task.record->exit_class == ExitClass::succeeded) {
      ++counts.succeeded;
    } else {
      ++counts.not_succeeded;
    }
  }
  return counts;
}

std::string watch_line(const executor::JobStatus& job, std::size_t columns) {
  constexpr std::size_t kBarColumns = 20;
  const JobCounts counts = counts_of(job);
  const std::size_t ended = counts.succeeded + counts.not_succeeded;
  const double fraction = static_cast<double>(ended) / static_cast<double>(job.tasks.size());
  std::string line = fmt::format("Job {}  {}  {}/{} ended", job.id,
                                 render_bar(fraction, kBarColumns), ended, job.tasks.size());
  if (counts.not_succeeded > 0) line += fmt::format(", {} not succeeded", counts.not_succeeded);
  if (counts.running > 0) line += fmt::format(", {} running", counts.running);
  if (counts.waiting > 0) line += fmt::format(", {} waiting", counts.waiting);
  return cut(std::move(line), columns);
}

std::string why_text(const TaskStatus& task) {
  switch (task.phase) {
    case TaskPhase::waiting:
      return task.reason.empty() ? "waits for its turn" : task.reason;
    case TaskPhase::running:
      return "runs since " + local_time(task.started);
    case TaskPhase::ended:
      break;
  }
  const std::string message = message_of(task);
  return message.empty() ? state_text(task) : state_text(task) + ": " + message;
}

std::vector<std::string> why_lines(const executor::JobStatus& job) {
  const auto alike = [](const TaskStatus& a, const TaskStatus& b) {
    return why_text(a) == why_text(b);
  };
  std::vector<std::string> lines;
  for (const Group& group : grouped(job, alike)) {
    lines.push_back(group.name);
    add_note(lines, why_text(*group.first));
  }
  return lines;
}

std::vector<std::string> list_lines(const std::vector<executor::JobSummary>& jobs) {
  std::vector<std::string> lines{
      fmt::format("{:<8} {:<20} {:<19}  {}", "JOB", "NAME", "SUBMITTED", "TASKS")};
  for (const auto& job : jobs) {
    std::map<std::string, std::size_t> counts;
    const std::pair<const char*, std::size_t> all[] = {{"waiting", job.waiting},
                                                       {"running", job.running},
                                                       {"succeeded", job.succeeded},
                                                       {"not succeeded", job.not_succeeded}};
    for (const auto& [state, count] : all) {
      if (count > 0) counts[state] = count;
    }
    lines.push_back(
        cut(fmt::format("{:<8} {:<20} {:<19}  {}", job.id, cut(without_controls(job.name), 20),
                        local_time(job.submitted), counts_text(counts)),
            80));
  }
  return lines;
}

Json to_json(const TaskStatus& task) {
  Json json{{"task", to_text(task.name)},
            {"number", task.number},
            {"state", task.phase != TaskPhase::ended ? std::string(name_of(task.phase))
                      : task.record                  ? std::string(name_of(task.record->exit_class))
                                                     : "ended"},
            {"attempt", task.attempt}};
  if (task.name.index) json["index"] = *task.name.index;
  if (task.cancel_requested) json["cancel_requested"] = true;
  if (task.started) json["started"] = format_time(*task.started);
  if (!task.reason.empty()) json["reason"] = task.reason;
  if (const auto& record = task.record) {
    json["ended"] = format_time(record->ended);
    if (record->code) json["code"] = *record->code;
    if (record->signal) json["signal"] = *record->signal;
    if (!record->message.empty()) json["message"] = record->message;
    json["peak_memory_bytes"] = record->peak_memory_bytes;
    json["user_us"] = record->user_time.count();
    json["system_us"] = record->system_time.count();
    if (!record->node.empty()) json["node"] = record->node;
  }
  return json;
}

Json to_json(const executor::JobStatus& job) {
  Json json{{"job", job.id},
            {"name", job.job.name},
            {"submitted", format_time(job.submitted)},
            {"directory", job.job.directory},
            {"tasks", Json::array()}};
  for (const TaskStatus& task : job.tasks) json["tasks"].push_back(to_json(task));
  return json;
}

Json to_json(const JobCounts& counts) {
  return {{"waiting", counts.waiting},
          {"running", counts.running},
          {"succeeded", counts.succeeded},
          {"not_succeeded", counts.not_succeeded}};
}

Json to_json(const executor::JobSummary& job) {
  return {{"job", job.id},
          {"name", job.name},
          {"submitted", format_time(job.submitted)},
          {"waiting", job.waiting},
          {"running", job.running},
          {"succeeded", job.succeeded},
          {"not_succeeded", job.not_succeeded}};
}

}  // namespace aloft::cli
