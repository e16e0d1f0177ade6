// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/task_settings.h"

#include <algorithm>
#include <charconv>

#include "emulator/batch/shapes.h"

namespace aloft::emulator::batch {

namespace {

// Azure says a little less than 64,000 characters, for all ids together.
constexpr std::size_t kDependencyIdsBytesMax = 64'000;

const Json& list_in(const Json& object, const char* name) {
  static const Json kNone = Json::array();
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

std::string text_in(const Json& object, const char* name) {
  return object.value(name, std::string());
}

Outcome<void> check_dependencies(const Json& body, const JobTerms& job) {
  const auto depends = body.find("dependsOn");
  if (depends == body.end()) return {};
  if (!job.uses_dependencies) return refuse(Refusal::task_dependencies_not_specified_on_job);
  std::size_t bytes = 0;
  for (const Json& id : list_in(*depends, "taskIds")) {
    bytes += id.get_ref<const std::string&>().size();
  }
  if (bytes > kDependencyIdsBytesMax) return refuse(Refusal::task_dependency_list_too_long);
  for (const Json& range : list_in(*depends, "taskIdRanges")) {
    if (range["start"] > range["end"] || range["start"] < 0) {
      return refuse_property(Refusal::invalid_property_value, "dependsOn.taskIdRanges",
                             text_of(range),
                             "a range begins at 0 or later and ends after its begin");
    }
  }
  return {};
}

/// Of all conditions.
std::vector<const Json*> exit_options_in(const Json& conditions) {
  std::vector<const Json*> options;
  for (const char* name : {"exitCodes", "exitCodeRanges"}) {
    for (const Json& one : list_in(conditions, name)) options.push_back(&one.at("exitOptions"));
  }
  for (const char* name : {"preProcessingError", "fileUploadError", "default"}) {
    const auto found = conditions.find(name);
    if (found != conditions.end()) options.push_back(&*found);
  }
  return options;
}

/// Refuses an action that the job is not made for, with the reason why.
Outcome<void> check_has_no_action(const Json& conditions, const std::string& name,
                                  std::string_view reason) {
  for (const Json* options : exit_options_in(conditions)) {
    const auto action = options->find(name);
    if (action == options->end()) continue;
    return refuse_property(Refusal::invalid_property_value, "exitConditions." + name,
                           action->get<std::string>(), reason);
  }
  return {};
}

Outcome<void> check_exit_conditions(const Json& body, const JobTerms& job) {
  const auto conditions = body.find("exitConditions");
  if (conditions == body.end()) return {};
  if (!job.acts_on_failure) {
    TRY(check_has_no_action(*conditions, "jobAction",
                            "the job's onTaskFailure is noaction: leave jobAction out, or make the "
                            "job with performexitoptionsjobaction"));
  }
  if (!job.uses_dependencies) {
    TRY(check_has_no_action(*conditions, "dependencyAction",
                            "the job's usesTaskDependencies is false: leave dependencyAction out, "
                            "or make the job with usesTaskDependencies"));
  }
  return {};
}

Outcome<void> check_resource_files(const Json& body) {
  for (const Json& file : list_in(body, "resourceFiles")) {
    const int sources = static_cast<int>(file.contains("autoStorageContainerName")) +
                        static_cast<int>(file.contains("storageContainerUrl")) +
                        static_cast<int>(file.contains("httpUrl"));
    if (sources != 1) {
      return refuse_property(Refusal::invalid_property_value, "resourceFiles", text_of(file),
                             "exactly one of autoStorageContainerName, storageContainerUrl and "
                             "httpUrl is to be given");
    }
    if (file.contains("httpUrl") && !file.contains("filePath")) {
      return refuse_property(Refusal::missing_required_property, "resourceFiles.filePath", {},
                             "httpUrl needs a filePath");
    }
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> pairs_in(const Json& list) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const Json& one : list) pairs.emplace_back(one.at("name"), text_in(one, "value"));
  return pairs;
}

ResourceFile resource_file(const Json& row) {
  ResourceFile file{.blob_prefix = text_in(row, "blobPrefix"),
                    .file_path = text_in(row, "filePath"),
                    .uses_identity = row.contains("identityReference")};
  if (row.contains("httpUrl")) {
    file.url = row["httpUrl"];
  } else if (row.contains("storageContainerUrl")) {
    file.source = ResourceFile::Source::container;
    file.url = row["storageContainerUrl"];
  } else {
    file.source = ResourceFile::Source::auto_storage;
    file.url = row["autoStorageContainerName"];
  }
  const std::string mode = text_in(row, "fileMode");
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(mode.data(), mode.data() + mode.size(), bits, 8);
  if (error == std::errc() && end == mode.data() + mode.size()) file.file_mode = bits;
  return file;
}

OutputFile output_file(const Json& row) {
  const Json& container = row.at("destination").at("container");
  const std::string condition = row.at("uploadOptions").at("uploadCondition");
  return {.pattern = row.at("filePattern"),
          .container_url = container.at("containerUrl"),
          .path = text_in(container, "path"),
          .condition = condition == "tasksuccess"   ? OutputFile::Condition::task_success
                       : condition == "taskfailure" ? OutputFile::Condition::task_failure
                                                    : OutputFile::Condition::task_completion,
          .uses_identity = container.contains("identityReference"),
          .upload_headers = pairs_in(list_in(container, "uploadHeaders"))};
}

/// What start tasks and tasks have in common.
Attempt attempt_with(const Json& settings) {
  Attempt attempt{.command_line = settings.at("commandLine"),
                  .environment = pairs_in(list_in(settings, "environmentSettings"))};
  for (const Json& row : list_in(settings, "resourceFiles")) {
    attempt.resource_files.push_back(resource_file(row));
  }
  for (const Json& row : list_in(settings, "outputFiles")) {
    attempt.output_files.push_back(output_file(row));
  }
  return attempt;
}

}  // namespace

Outcome<void> check_id(const std::string& id, std::string_view property) {
  const bool valid = !id.empty() && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  if (valid) return {};
  return refuse_property(Refusal::invalid_property_value, property, id,
                         "ids are made of letters, digits, hyphens and underscores");
}

JobTerms terms_of(const Job& job) {
  return {.uses_dependencies = job.uses_dependencies(),
          .acts_on_failure = job.acts_on_failure(),
          .retries_max = job.retries_max()};
}

Outcome<std::unique_ptr<Task>> make_task(Json body, const JobTerms& job, ApiVersion version) {
  TRY(check_shape(body, kTaskShape, version));
  TRY(check_id(body["id"].get_ref<const std::string&>(), "id"));
  if (body["commandLine"].get_ref<const std::string&>().empty()) {
    return refuse_property(Refusal::invalid_property_value, "commandLine", {}, "it is empty");
  }
  TRY(check_dependencies(body, job));
  TRY(check_exit_conditions(body, job));
  TRY(check_resource_files(body));
  auto task = std::make_unique<Task>();
  task->id = body["id"];
  task->slots = body.value("requiredSlots", std::uint16_t{1});
  task->has_user_identity = body.contains("userIdentity");
  task->has_dependencies = body.contains("dependsOn");
  set_constraints(*task, body, job);
  for (const char* name : {"id", "constraints", "requiredSlots"}) body.erase(name);
  task->settings = text_of(body);
  return task;
}

void set_constraints(Task& task, const Json& body, const JobTerms& job) {
  const Task defaults;
  task.wall_time = defaults.wall_time;
  task.retention = defaults.retention;
  task.retries_max = job.retries_max;
  const auto constraints = body.find("constraints");
  if (constraints == body.end()) return;
  const auto read = [&](const char* name, Duration otherwise) {
    return parse_duration(text_in(*constraints, name)).value_or(otherwise);
  };
  task.wall_time = read("maxWallClockTime", task.wall_time);
  task.retention = read("retentionTime", task.retention);
  task.retries_max = constraints->value("maxTaskRetryCount", task.retries_max);
}

Wants wants_of(const Json& settings) {
  Wants wants;
  const auto depends = settings.find("dependsOn");
  if (depends == settings.end()) return wants;
  for (const Json& id : list_in(*depends, "taskIds")) wants.ids.push_back(id);
  for (const Json& range : list_in(*depends, "taskIdRanges")) {
    wants.ranges.push_back({.start = range["start"], .end = range["end"]});
  }
  return wants;
}

Attempt attempt_of(const Job& job, const Task& task) {
  const Json settings = Json::parse(task.settings);
  Attempt attempt = attempt_with(settings);
  attempt.job = job.id;
  attempt.task = task.id;
  // The first of two with one name would win or lose by chance: leave only the task's.
  const auto own = attempt.environment;
  for (auto& common : pairs_in(list_in(job.settings, "commonEnvironmentSettings"))) {
    const auto same = [&](const auto& one) { return one.first == common.first; };
    if (std::ranges::none_of(own, same)) attempt.environment.push_back(std::move(common));
  }
  if (task.wall_time != kUnlimited) attempt.wall_time = task.wall_time;
  attempt.keep_directory = task.execution && task.execution->retry_count > 0;
  return attempt;
}

Attempt start_task_attempt(const Json& start_task) {
  return attempt_with(start_task);
}

}  // namespace aloft::emulator::batch
